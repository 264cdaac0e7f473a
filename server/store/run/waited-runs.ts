import { type Kysely, sql } from 'kysely'
import { newId } from '../database/ids.ts'
import type { Database } from '../database/schema.ts'
import { wakeLane } from '../database/wake.ts'

// These statements run with the system login. All times are the database's.

/**
 * Sees to it that a run stands ready for each flow with records whose time has come and which takes part: one at a time,
 * which lets out all that is due. Gives back first what runs have taken that ended before it had settled. Answers how
 * many runs were queued.
 */
export async function queueWaited(db: Kysely<Database>): Promise<number> {
  await giveBackWaited(db)
  // One index look-up for each flow with records waiting, and one more for its earliest, however many they are.
  const due = await sql<{ workspace_id: string; flow_id: string; node_id: string; version: number; quiet: boolean }>`
    with recursive heads as (
      (select workspace_id, flow_id from waiting_records where run_id is null order by workspace_id, flow_id limit 1)
      union all
      select next.* from heads cross join lateral (
        select workspace_id, flow_id from waiting_records
        where run_id is null and (workspace_id, flow_id) > (heads.workspace_id, heads.flow_id)
        order by workspace_id, flow_id limit 1
      ) next
    )
    select heads.workspace_id, heads.flow_id, first.node_id, first.version, first.quiet
    from heads cross join lateral (
      select node_id, version, quiet from waiting_records w
      where w.workspace_id = heads.workspace_id and w.flow_id = heads.flow_id and run_id is null and look_at <= now()
      order by look_at, id limit 1
    ) first
  `.execute(db)
  const { rows } = due
  if (rows.length === 0) return 0
  // The version: take-due.ts says the same of each record.
  const queued = await sql<{ workspace_id: string }>`
    insert into runs (workspace_id, id, flow_id, version, cause, cause_node, start, reason, quiet, trace_class)
    select f.workspace_id, asked.run_id, f.id,
      case when exists (
        select 1 from flow_versions l cross join lateral jsonb_array_elements(l.document -> 'nodes') n
        where l.workspace_id = f.workspace_id and l.flow_id = f.id and l.number = f.live_version
          and n ->> 'id' = asked.node_id and n ->> 'operation' = 'wait' and n -> 'disabled' is null
      ) then f.live_version else asked.version end,
      'waited', asked.node_id, '{"kind": "waited"}', 'Waiting for a worker.', asked.quiet, w.trace_class
    from unnest(
      ${rows.map((row) => row.workspace_id)}::uuid[], ${rows.map((row) => row.flow_id)}::uuid[],
      ${rows.map(() => newId())}::uuid[], ${rows.map((row) => row.node_id)}::text[],
      ${rows.map((row) => row.version)}::int[], ${rows.map((row) => row.quiet)}::boolean[]
    ) as asked (workspace_id, flow_id, run_id, node_id, version, quiet)
    join flows f on f.workspace_id = asked.workspace_id and f.id = asked.flow_id
    join workspaces w on w.id = f.workspace_id
    where f.enabled and f.paused_code is null and f.archived_at is null and f.live_version is not null
      and not exists (
        select 1 from runs r where r.workspace_id = f.workspace_id and r.flow_id = f.id and r.cause = 'waited'
          and r.state in ('queued', 'running', 'waiting', 'paused')
      )
    on conflict (workspace_id, flow_id)
      where cause = 'waited' and state in ('queued', 'running', 'waiting', 'paused') do nothing
    returning workspace_id
  `.execute(db)
  for (const workspace of new Set(queued.rows.map((row) => row.workspace_id))) void wakeLane(db, workspace, 'live')
  return queued.rows.length
}

/**
 * Lets records wait again that a run has taken and not settled before it ended, by failing or being cancelled: a minute
 * after the first time, then two, four, up to an hour, so that a run that fails for good does not fail each second.
 */
async function giveBackWaited(db: Kysely<Database>): Promise<void> {
  // One index look-up for each run that has taken any.
  const ended = await sql<{ workspace_id: string; run_id: string }>`
    with recursive holders as (
      (select workspace_id, run_id from waiting_records where run_id is not null order by workspace_id, run_id limit 1)
      union all
      select next.* from holders cross join lateral (
        select workspace_id, run_id from waiting_records
        where run_id is not null and (workspace_id, run_id) > (holders.workspace_id, holders.run_id)
        order by workspace_id, run_id limit 1
      ) next
    )
    select h.workspace_id, h.run_id from holders h
    join runs r on r.workspace_id = h.workspace_id and r.id = h.run_id
    where r.state in ('succeeded', 'partly', 'failed', 'cancelled')
  `.execute(db)
  for (const { workspace_id, run_id } of ended.rows) {
    await sql`
      update waiting_records set run_id = null, returned = returned + 1,
        look_at = now() + make_interval(mins => least(60, power(2, least(returned, 6)))::int)
      where workspace_id = ${workspace_id} and run_id = ${run_id}
    `.execute(db)
  }
}
