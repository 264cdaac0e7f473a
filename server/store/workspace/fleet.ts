import { sql, type Transaction } from 'kysely'
import type { Database } from '../database/schema.ts'

export type FleetCounts = {
  readonly flows: number
  readonly on: number
  readonly stopped: number
  readonly sign_ins: number
  readonly exceptions: number
  readonly reports: number
  readonly runs: number
  readonly failed: number
  readonly queue_seconds: number | null
  readonly last_run_at: Date | null
}

/** Ids of runs sort by time: the least one of a day ago. */
const DAY_AGO = sql`(lpad(to_hex((extract(epoch from now() - interval '1 day') * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid`

/** What is to be known of one workspace at a glance. Counts of exceptions stop at 1,000. */
export async function fleetCounts(tx: Transaction<Database>, workspace: string): Promise<FleetCounts> {
  const { rows } = await sql<FleetCounts>`
    with own as (
      select f.*, (
        select r.state from runs r where r.workspace_id = f.workspace_id and r.flow_id = f.id and not r.dry
          and r.state in ('succeeded', 'partly', 'failed', 'cancelled') order by r.id desc limit 1
      ) as last_state
      from flows f where f.workspace_id = ${workspace} and f.archived_at is null
    ), day as (
      select state, created_at from runs where workspace_id = ${workspace} and id >= ${DAY_AGO} and not dry
    )
    select
      (select count(*)::int from own) as flows,
      (select count(*)::int from own where enabled) as on,
      (select count(*)::int from own where enabled and (paused_code is not null or last_state = 'failed')) as stopped,
      (select count(*)::int from connections c where c.workspace_id = ${workspace} and c.state = 'sign-in-needed' and exists (
        select 1 from flow_bindings b join own on own.id = b.flow_id and own.enabled
        where b.workspace_id = c.workspace_id and b.connection_id = c.id
      )) as sign_ins,
      (select count(*)::int from (
        select 1 from exceptions where workspace_id = ${workspace} and state = 'open'
          and (snoozed_until is null or snoozed_until <= now()) limit 1000
      ) found) as exceptions,
      (select count(*)::int from reports where workspace_id = ${workspace} and closed_at is null) as reports,
      (select count(*)::int from day) as runs,
      (select count(*)::int from day where state = 'failed') as failed,
      (select extract(epoch from now() - min(created_at))::int from runs
        where workspace_id = ${workspace} and state = 'queued') as queue_seconds,
      (select max(created_at) from day) as last_run_at
  `.execute(tx)
  return rows[0]!
}
