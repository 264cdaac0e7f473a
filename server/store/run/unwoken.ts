import { type Kysely, sql } from 'kysely'
import { usualCap } from './lane-caps.ts'
import { together } from '../database/one-trip.ts'
import type { Database } from '../database/schema.ts'

/** Whether a claim may find something in a workspace: cheaper than a claim that finds nothing. */
export async function anythingLeft(db: Kysely<Database>, workspace: string): Promise<boolean> {
  const [{ rows }] = await together(db, [
    sql`
    select 1 where exists (select 1 from runs where workspace_id = ${workspace} and state = 'queued')
      or exists (
        select 1 from runs where workspace_id = ${workspace}
          and ((state = 'waiting' and wake_at <= now()) or (state = 'running' and lease_until < now()))
      )
  `,
  ])
  return rows.length > 0
}

/**
 * Wakes the lanes that have something to take and no job under way that says so: runs of dead workers, due wake times,
 * and queued runs whose wake-up was lost. Graphile Worker keeps a dead worker's job locked for hours; a new one with
 * the same key takes its place. Answers how many lanes were woken.
 */
export async function wakeForgotten(db: Kysely<Database>): Promise<number> {
  // One index look-up for each flow with queued runs; all else are the few runs at work.
  const woken = await sql`
    with recursive heads as (
      (select workspace_id, flow_id, lane from runs
        where state = 'queued' order by workspace_id, flow_id, priority, id limit 1)
      union all
      select next.* from heads cross join lateral (
        select workspace_id, flow_id, lane from runs
        where state = 'queued' and (workspace_id, flow_id) > (heads.workspace_id, heads.flow_id)
        order by workspace_id, flow_id, priority, id limit 1
      ) next
    ), at_work as (
      select workspace_id, flow_id, lane, state, lease_until, wake_at from runs
      where state in ('running', 'waiting', 'paused')
    ), ready as (
      select workspace_id, lane from at_work where state = 'waiting' and wake_at <= now()
      union
      select workspace_id, lane from heads where not exists (
        select 1 from at_work where at_work.workspace_id = heads.workspace_id and at_work.flow_id = heads.flow_id
      )
    ), due as (
      select workspace_id, lane from at_work where state = 'running' and lease_until < now()
      union
      select ready.workspace_id, ready.lane from ready
      left join lanes on lanes.workspace_id = ready.workspace_id and lanes.lane = ready.lane
      where coalesce(max_running, ${usualCap('ready.lane')}) > (
        select count(*) from at_work
        where at_work.workspace_id = ready.workspace_id and at_work.lane = ready.lane and state = 'running'
      )
    )
    select tieline_wake(workspace_id, lane) from due
    where not exists (
      select 1 from graphile_worker._private_jobs
      where key = 'lane:' || due.workspace_id || ':' || due.lane and is_available
    )
  `.execute(db)
  return woken.rows.length
}

/** Milliseconds until the next lease ends, if that is within `withinMs`. Leases of workers that live have longer to go. */
export async function nextLeaseEnd(db: Kysely<Database>, withinMs: number): Promise<number | undefined> {
  const { rows } = await sql<{ ms: number | null }>`
    select (extract(epoch from min(lease_until) - clock_timestamp()) * 1000)::float8 as ms from runs
    where state = 'running' and lease_until between clock_timestamp()
      and clock_timestamp() + make_interval(secs => ${withinMs / 1000})
  `.execute(db)
  return rows[0]?.ms ?? undefined
}
