import { sql, type Transaction } from 'kysely'
import type { Database, RunState } from '../database/schema.ts'

type Tx = Transaction<Database>
type Named = { readonly id: string; readonly name: string }

/** Flows that are on and stopped themselves, with the code and the words, and those that were to turn on and stayed off. */
export async function stoppedFlows(
  tx: Tx,
  workspace: string,
): Promise<readonly (Named & { readonly code: string; readonly message: string; readonly since: Date | null })[]> {
  const { rows } = await sql<Named & { code: string; message: string; since: Date | null }>`
    select f.id, f.name, f.paused_code as code, coalesce(f.paused_message, '') as message, (
      select r.ended_at from runs r where r.workspace_id = f.workspace_id and r.flow_id = f.id and r.fault is not null
        and r.code = f.paused_code
      order by r.id desc limit 1
    ) as since
    from flows f
    where f.workspace_id = ${workspace} and f.archived_at is null and f.enabled and f.paused_code is not null
    union all
    select f.id, f.name, 'STAYED_OFF', 'It was to turn on by itself, and stayed off. ' || t.refused, t.settled_at
    from turn_ons t join flows f on f.workspace_id = t.workspace_id and f.id = t.flow_id
    where t.workspace_id = ${workspace} and t.refused is not null
    order by 2, 1
  `.execute(tx)
  return rows
}

export type ConnectionInUse = Named & {
  readonly connector: string
  readonly login: string
  readonly state: 'new' | 'ready' | 'sign-in-needed'
  readonly message: string | null
  readonly valid_until: string | null
  readonly tokens_expire_at: Date | null
  readonly updated_at: Date
  /** Flows that use it, those that are on first. */
  readonly flows: readonly Named[]
  readonly on: number
}

/** Connections that flows use, with what is known of their end. */
export async function connectionsInUse(tx: Tx, workspace: string): Promise<readonly ConnectionInUse[]> {
  const { rows } = await sql<ConnectionInUse>`
    select c.id, c.name, c.connector, c.login, c.state, c.state_message as message, c.valid_until, c.tokens_expire_at,
      c.updated_at, u.flows, u.on
    from connections c
    join lateral (
      select jsonb_agg(jsonb_build_object('id', id, 'name', name) order by enabled desc, name, id) as flows,
        count(*) filter (where enabled)::int as on
      from (
        select distinct f.id, f.name, f.enabled from flow_bindings b
        join flows f on f.workspace_id = b.workspace_id and f.id = b.flow_id and f.archived_at is null
        where b.workspace_id = c.workspace_id and b.connection_id = c.id
      ) used
    ) u on u.flows is not null
    where c.workspace_id = ${workspace} order by c.name, c.id
  `.execute(tx)
  return rows
}

/** Hooks that refused events within a day. */
export async function refusingHooks(
  tx: Tx,
  workspace: string,
): Promise<
  readonly {
    id: string
    flow_id: string
    flow_name: string
    node_name: string
    count: number
    first_at: Date
    last_at: Date
  }[]
> {
  const { rows } = await sql<{
    id: string
    flow_id: string
    flow_name: string
    node_name: string
    count: number
    first_at: Date
    last_at: Date
  }>`
    select h.id, h.flow_id, f.name as flow_name, h.node_name, t.count, t.first_at, t.last_at
    from hooks h
    join flows f on f.workspace_id = h.workspace_id and f.id = h.flow_id and f.archived_at is null
    join lateral (
      select sum(refused)::int as count, min(hour) as first_at, max(hour) as last_at from hook_hours
      where workspace_id = h.workspace_id and hook_id = h.id and hour > now() - interval '24 hours' and refused > 0
    ) t on t.count > 0
    where h.workspace_id = ${workspace} and h.live order by t.count desc, h.id
  `.execute(tx)
  return rows
}

/** Due times of a day that passed without a run because nobody was there, or too many had gathered; and clocks that are late now. */
export async function missedTimes(
  tx: Tx,
  workspace: string,
): Promise<readonly (Named & { count: number; first_at: Date; last_at: Date; late: boolean })[]> {
  const { rows } = await sql<Named & { count: number; first_at: Date; last_at: Date; late: boolean }>`
    with times as (
      select flow_id, due, false as late from firings
      where workspace_id = ${workspace} and due > now() - interval '24 hours' and outcome in ('missed', 'too-many')
      union all
      select flow_id, next_due, true from schedules
      where workspace_id = ${workspace} and next_due < now() - interval '5 minutes'
    )
    select f.id, f.name, count(*)::int as count, min(t.due) as first_at, max(t.due) as last_at, bool_or(t.late) as late
    from times t
    join flows f on f.workspace_id = ${workspace} and f.id = t.flow_id and f.archived_at is null and f.enabled
      and (f.paused_code is null or not t.late)
    group by f.id, f.name order by bool_or(t.late) desc, count(*) desc, f.name
  `.execute(tx)
  return rows
}

/** What people have said looks wrong and nobody has answered, by flow. */
export async function openReports(
  tx: Tx,
  workspace: string,
): Promise<readonly (Named & { count: number; words: string; first_at: Date; last_at: Date })[]> {
  const { rows } = await sql<Named & { count: number; words: string; first_at: Date; last_at: Date }>`
    select f.id, f.name, count(*)::int as count, (array_agg(r.words order by r.id desc))[1] as words,
      min(r.created_at) as first_at, max(r.created_at) as last_at
    from reports r join flows f on f.workspace_id = r.workspace_id and f.id = r.flow_id
    where r.workspace_id = ${workspace} and r.closed_at is null group by f.id, f.name order by min(r.created_at)
  `.execute(tx)
  return rows
}

/** What proves that all is well: what ended last, what is due next, how many flows are on. */
export async function signsOfWork(
  tx: Tx,
  workspace: string,
): Promise<{
  readonly on: number
  readonly last: { run: string; flow: Named; state: RunState; at: string } | null
  readonly next: { flow: Named; at: string } | null
}> {
  const { rows } = await sql<{
    on: number
    last: { run: string; flow: Named; state: RunState; at: string } | null
    next: { flow: Named; at: string } | null
  }>`
    select (select count(*)::int from flows where workspace_id = ${workspace} and enabled and archived_at is null) as on, (
      select jsonb_build_object('run', r.id, 'flow', jsonb_build_object('id', f.id, 'name', f.name), 'state', r.state, 'at', r.ended_at)
      from (
        select id, flow_id, state, ended_at from runs
        where workspace_id = ${workspace} and not dry and ended_at is not null order by id desc limit 1
      ) r join flows f on f.workspace_id = ${workspace} and f.id = r.flow_id
    ) as last, (
      select jsonb_build_object('flow', jsonb_build_object('id', f.id, 'name', f.name), 'at', s.next_due)
      from schedules s
      join flows f on f.workspace_id = s.workspace_id and f.id = s.flow_id and f.enabled and f.paused_code is null
      where s.workspace_id = ${workspace} order by s.next_due limit 1
    ) as next
  `.execute(tx)
  return rows[0]!
}

/** The last 24 hours, oldest first; one without runs too. Dry runs do not count. */
export async function hoursOf(
  tx: Tx,
  workspace: string,
): Promise<readonly { at: Date; runs: number; failed: number; partly: number; waited: number | null }[]> {
  const { rows } = await sql<{ at: Date; runs: number; failed: number; partly: number; waited: number | null }>`
    with day as (
      select date_trunc('hour', created_at) as at, count(*)::int as runs,
        count(*) filter (where state = 'failed')::int as failed, count(*) filter (where state = 'partly')::int as partly,
        max(extract(epoch from coalesce(started_at, least(now(), ended_at)) - created_at)) as waited
      from runs
      where workspace_id = ${workspace} and not dry
        and id >= tieline_first_id(date_trunc('hour', now()) - interval '23 hours 1 minute')
      group by 1
    )
    select h.at, coalesce(d.runs, 0) as runs, coalesce(d.failed, 0) as failed, coalesce(d.partly, 0) as partly,
      d.waited::float8 as waited
    from generate_series(date_trunc('hour', now()) - interval '23 hours', now(), interval '1 hour') as h (at)
    left join day d on d.at = h.at order by h.at
  `.execute(tx)
  return rows
}
