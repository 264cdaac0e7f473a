import { type Kysely, sql } from 'kysely'
import type { RunClaim, SourceStanding, Standing } from '../../run/journal/journal.ts'
import { inOneTrip } from '../database/one-trip.ts'
import type { Database } from '../database/schema.ts'
import type { Asked } from './settle-batch.ts'

/** A connection that is bound to a slot. `revision` changes with everything that is written to its row. */
export type Bound = { readonly connection: string; readonly revision: string }

/** What a run that was just claimed needs to know, as it stood at one moment. */
export type LoadedRun = {
  /** The version it carries out. Absent where it was not asked for. */
  readonly document?: unknown
  /** By slot. */
  readonly bindings: ReadonlyMap<string, Bound>
  /** Where it stands. Absent when the run is in other hands by now. */
  readonly standing?: Standing & { readonly asked: Asked }
  /** Calls were made in the run before. */
  readonly called: boolean
  /** Its flow has open exceptions that a later record may resolve. */
  readonly hasOpenKeys: boolean
}

/** Everything a run begins with, in one trip to the database. `document`: whether its version is wanted, too. */
export async function loadRun(
  db: Kysely<Database>,
  claim: RunClaim,
  wanted: { document: boolean },
): Promise<LoadedRun> {
  const { workspace, run, flow } = claim
  const [bindings, runs, reads, ...versions] = await inOneTrip(db, workspace, [
    sql<{ slot: string; connection_id: string; revision: string }>`
      with kept as (
        select slot, connection_id from run_bindings where workspace_id = ${workspace} and run_id = ${run}
      ), own as (
        select slot, connection_id from kept
        union all
        select slot, connection_id from flow_bindings
        where workspace_id = ${workspace} and flow_id = ${flow} and slot not in (select slot from kept)
      )
      select own.slot, own.connection_id, c.xmin::text as revision from own
      join connections c on c.workspace_id = ${workspace} and c.id = own.connection_id
    `,
    sql<Asked & { batches: number; called: boolean; has_open_keys: boolean }>`
      select batches, cancel_requested, pause_requested,
        exists (select 1 from calls where workspace_id = ${workspace} and run_id = ${run}) as called,
        exists (
          select 1 from exceptions where workspace_id = ${workspace} and flow_id = ${flow}
            and state in ('open', 'retrying') and match_key is not null
        ) as has_open_keys
      from runs where workspace_id = ${workspace} and id = ${run} and epoch = ${claim.epoch}
    `,
    standingReads(claim),
    ...(wanted.document
      ? [
          sql<{ document: unknown }>`
            select document from flow_versions
            where workspace_id = ${workspace} and flow_id = ${flow} and number = ${claim.version}
          `,
        ]
      : []),
  ])
  const row = runs.rows[0]
  return {
    bindings: new Map(
      bindings.rows.map(({ slot, connection_id: connection, revision }) => [slot, { connection, revision }]),
    ),
    ...(row ? { standing: { batch: row.batches, sources: sourcesOf(reads.rows), asked: row } } : {}),
    called: row?.called ?? true,
    hasOpenKeys: row?.has_open_keys ?? true,
    ...(wanted.document ? { document: versions[0]!.rows[0]?.document } : {}),
  }
}

type ReadRow = {
  readonly node_id: string
  readonly cursor: unknown
  readonly done: boolean
  readonly seen: Buffer | null
}

/** How far the sources of a run have come. */
export const standingReads = ({ workspace, run }: RunClaim) => sql<ReadRow>`
  select node_id, cursor, done, seen from run_reads where workspace_id = ${workspace} and run_id = ${run}
`

export const sourcesOf = (reads: readonly ReadRow[]): ReadonlyMap<string, SourceStanding> =>
  new Map(
    reads.map((read) => [
      read.node_id,
      {
        // Written by an executor, from a page's cursor.
        cursor: (read.cursor as SourceStanding['cursor'] | null) ?? undefined,
        done: read.done,
        ...(read.seen ? { seen: read.seen } : {}),
      },
    ]),
  )
