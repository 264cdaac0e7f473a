import { sql, type Transaction } from 'kysely'
import { newId } from '../database/ids.ts'
import type { Database, RunState } from '../database/schema.ts'
import { wakeAfterCommit } from '../database/wake.ts'

type Tx = Transaction<Database>

/** Days as YYYY-MM-DD; `to` is not part of it. */
export type Days = { readonly from: string; readonly to: string }

/** A read that takes part, and by which of a record's dates; as a whole where joins only look into it. */
export type BackfilledRead = { readonly node: string; readonly name: string; readonly by: string }

export type NewBackfill = Days & {
  readonly workspace: string
  readonly flow: string
  readonly version: number
  /** The trigger node at which the runs begin. */
  readonly node: string
  readonly quiet: boolean
  readonly reads: readonly BackfilledRead[]
  readonly by: string
}

/** Within a flow the lower number goes first: what a schedule or a person starts overtakes the chunks that still wait. */
const PRIORITY = 10

/** One run for each chunk, in order, all in the queue at once. */
export async function queueBackfill(tx: Tx, backfill: NewBackfill, chunks: readonly Days[]): Promise<string> {
  const { workspace } = backfill
  const id = newId()
  await sql`
    insert into backfills (workspace_id, id, flow_id, version, from_day, to_day, quiet, reads, requested_by)
    values (${workspace}, ${id}, ${backfill.flow}, ${backfill.version}, ${backfill.from}::date, ${backfill.to}::date,
      ${backfill.quiet}, ${JSON.stringify(backfill.reads)}::jsonb, ${backfill.by})
  `.execute(tx)
  const starts = chunks.map(({ from, to }) => JSON.stringify({ kind: 'window', from, to }))
  await sql`
    insert into runs (workspace_id, id, flow_id, version, cause, cause_node, requested_by, lane, priority, start, quiet,
      backfill_id, trace_class, reason)
    select w.id, chunk.id, ${backfill.flow}::uuid, ${backfill.version}::int, 'backfill', ${backfill.node},
      ${backfill.by}::uuid, 'bulk', ${PRIORITY}::smallint, chunk.start, ${backfill.quiet}::boolean, ${id}::uuid,
      w.trace_class, 'Waiting for a worker.'
    from workspaces w
    cross join unnest(${chunks.map(() => newId())}::uuid[], ${starts}::jsonb[]) as chunk (id, start)
    where w.id = ${workspace}
  `.execute(tx)
  await wakeAfterCommit(tx, workspace, 'bulk')
  return id
}

export type BackfillRow = Days & {
  readonly id: string
  readonly flow_id: string
  readonly quiet: boolean
  readonly reads: readonly BackfilledRead[]
  readonly created_at: Date
  readonly by: string | null
  readonly chunks: readonly (Days & { readonly run: string; readonly state: RunState })[]
}

/** Back-fills listed at once. */
const MOST = 50

/** Newest first; those of a flow, or one. */
export async function listBackfills(
  tx: Tx,
  workspace: string,
  flow: string,
  backfill?: string,
): Promise<readonly BackfillRow[]> {
  const rows = await sql<BackfillRow>`
    select b.id, b.flow_id, b.from_day::text as from, b.to_day::text as to, b.quiet, b.reads, b.created_at, u.name as by,
      coalesce((
        select json_agg(json_build_object('from', r.start ->> 'from', 'to', r.start ->> 'to', 'run', r.id, 'state', r.state)
          order by r.id)
        from runs r where r.workspace_id = b.workspace_id and r.backfill_id = b.id
      ), '[]') as chunks
    from backfills b left join users u on u.id = b.requested_by
    where b.workspace_id = ${workspace} and b.flow_id = ${flow} ${backfill === undefined ? sql`` : sql`and b.id = ${backfill}`}
    order by b.id desc limit ${MOST}
  `.execute(tx)
  return rows.rows
}

/** Runs of a flow's back-fill, or of any of them, that have not ended. */
export async function openChunks(
  tx: Tx,
  workspace: string,
  of: { readonly flow: string } | { readonly backfill: string },
): Promise<readonly string[]> {
  const rows = await sql<{ id: string }>`
    select id from runs
    where workspace_id = ${workspace} and backfill_id is not null and state in ('queued', 'running', 'waiting', 'paused')
      and ${'flow' in of ? sql`flow_id = ${of.flow}` : sql`backfill_id = ${of.backfill}`}
    order by id
  `.execute(tx)
  return rows.rows.map(({ id }) => id)
}

/** The last day that has begun anywhere on earth (UTC+14), by the database's clock. */
export async function lastDay(tx: Tx): Promise<string> {
  const rows = await sql<{ day: string }>`
    select ((now() at time zone 'UTC') + interval '14 hours')::date::text as day
  `.execute(tx)
  return rows.rows[0]!.day
}
