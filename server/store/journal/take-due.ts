import { type Kysely, sql } from 'kysely'
import type { DataRecord } from '../../../connectors/kit/connector.ts'
import type { RunClaim } from '../../run/journal/journal.ts'
import { inOneTrip } from '../database/one-trip.ts'
import { openRecord } from '../exception/retries.ts'
import type { Database } from '../database/schema.ts'
import type { Keyring } from '../key/secrets.ts'
import { waitPlace } from './waits.ts'

const PAGE_RECORDS = 1_000
/** Of a page, as JSON; one record more than fits is taken where it is the first. In bytes. */
const PAGE_BYTES = 4_000_000

export type DueRecord = { readonly id: string; readonly node: string; readonly record: DataRecord }

/**
 * The next records that a run lets out, those that were due first to begin with. What it has taken and not settled, also
 * in an earlier claim, comes first; only when there is none of that does it take more. Each batch deletes its own as it
 * settles: ask again after each, until there are none.
 * @throws LeaseLost
 */
export async function takeDue(
  { db, keys }: { readonly db: Kysely<Database>; readonly keys: Keyring },
  claim: RunClaim,
): Promise<readonly DueRecord[]> {
  const { workspace, run, flow } = claim
  const [, , page] = await inOneTrip(db, workspace, [
    // The fence: a worker that lost the run takes nothing for it, and two of them take one after the other.
    sql`
      with held as (
        select 1 from runs where workspace_id = ${workspace} and id = ${run} and epoch = ${claim.epoch} and state = 'running'
        for no key update
      ) select tieline_lost() where not exists (select 1 from held)
    `,
    // Records go on in the live version, or in the one they came with where that has no such node any more. Runs of the
    // other version take the others.
    sql`
      with live_waits as materialized (
        select n ->> 'id' as id from flows f
        join flow_versions l on l.workspace_id = f.workspace_id and l.flow_id = f.id and l.number = f.live_version
        cross join lateral jsonb_array_elements(l.document -> 'nodes') n
        where f.workspace_id = ${workspace} and f.id = ${flow} and n ->> 'operation' = 'wait' and n -> 'disabled' is null
      )
      update waiting_records w set run_id = ${run}
      from (
        select c.id from waiting_records c
        join flows f on f.workspace_id = c.workspace_id and f.id = c.flow_id
        where c.workspace_id = ${workspace} and c.flow_id = ${flow} and c.run_id is null and c.look_at <= now()
          and c.quiet = ${claim.quiet}
          and case when c.node_id in (select id from live_waits) then f.live_version else c.version end = ${claim.version}
          and not exists (select 1 from waiting_records mine where mine.workspace_id = ${workspace} and mine.run_id = ${run})
        order by c.look_at, c.id limit ${PAGE_RECORDS} for update of c skip locked
      ) due
      where w.workspace_id = ${workspace} and w.flow_id = ${flow} and w.id = due.id
    `,
    sql<{ id: string; node_id: string; content: Buffer }>`
      select id, node_id, content from waiting_records join (
        select id as fitting from (
          select id, sum(bytes) over (order by look_at, id) - bytes as before from waiting_records
          where workspace_id = ${workspace} and run_id = ${run}
        ) summed where before < ${PAGE_BYTES}
      ) page on id = fitting
      where workspace_id = ${workspace} and run_id = ${run}
      order by look_at, id
    `,
  ])
  return page.rows.map(({ id, node_id, content }) => ({
    id,
    node: node_id,
    record: openRecord(keys, waitPlace(workspace, id), content),
  }))
}
