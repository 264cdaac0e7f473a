import { sql, type Transaction } from 'kysely'
import type { Database, FiringOutcome, Lane } from '../database/schema.ts'

type Tx = Transaction<Database>

/** How long runs waited for a worker, by lane and hour of the last 24, oldest first: the longest, in seconds. */
export async function laneWaits(
  tx: Tx,
  workspace: string,
): Promise<readonly { readonly lane: Lane; readonly waits: readonly (number | null)[] }[]> {
  const { rows } = await sql<{ lane: Lane; waits: (number | null)[] }>`
    with waited as (
      select lane, date_trunc('hour', created_at) as at,
        max(extract(epoch from coalesce(started_at, least(now(), ended_at)) - created_at))::float8 as longest
      from runs
      where workspace_id = ${workspace} and not dry and state <> 'cancelled'
        and id >= tieline_first_id(date_trunc('hour', now()) - interval '23 hours 1 minute')
      group by 1, 2
    )
    select l.lane, jsonb_agg(w.longest order by h.at) as waits
    from unnest(array['live', 'bulk']) as l (lane)
    cross join generate_series(date_trunc('hour', now()) - interval '23 hours', now(), interval '1 hour') as h (at)
    left join waited w on w.lane = l.lane and w.at = h.at
    group by l.lane order by l.lane desc
  `.execute(tx)
  return rows
}

export type MissedRow = {
  readonly flow_id: string
  readonly flow_name: string
  readonly due: Date
  readonly outcome: Extract<FiringOutcome, 'missed' | 'too-many' | 'overlap'> | 'late'
  /** The flow is on and nothing keeps it. */
  readonly on: boolean
}

const MOST_MISSED = 50

/** Clocks that nobody has looked at for five minutes, then due times of 24 hours that passed without a run, newest first. */
export async function listMissed(tx: Tx, workspace: string): Promise<readonly MissedRow[]> {
  const { rows } = await sql<MissedRow>`
    select m.flow_id, f.name as flow_name, m.due, m.outcome, f.enabled and f.paused_code is null as on
    from (
      select flow_id, next_due as due, 'late' as outcome from schedules
      where workspace_id = ${workspace} and next_due < now() - interval '5 minutes'
      union all
      select flow_id, due, outcome from firings
      where workspace_id = ${workspace} and due > now() - interval '24 hours' and due <= now()
        and outcome in ('missed', 'too-many', 'overlap')
    ) m join flows f on f.workspace_id = ${workspace} and f.id = m.flow_id and f.archived_at is null
    -- What a flow leaves out while it is stopped waits for a person, and for no clock.
    where m.outcome <> 'late' or (f.enabled and f.paused_code is null)
    order by m.outcome <> 'late', m.due desc limit ${MOST_MISSED}
  `.execute(tx)
  return rows
}

export type WaitingEvents = {
  readonly hook_id: string
  readonly flow_id: string
  readonly flow_name: string
  readonly node_name: string
  /** At most 10,001. */
  readonly waiting: number
  readonly oldest_at: Date
  /** The flow takes events now. */
  readonly on: boolean
  /** How long the hook gathers before it begins a run, in seconds. */
  readonly gathers: number
}

/** Events that no run has taken yet, by hook. */
export async function waitingEvents(tx: Tx, workspace: string): Promise<readonly WaitingEvents[]> {
  const { rows } = await sql<WaitingEvents>`
    select h.id as hook_id, h.flow_id, f.name as flow_name, h.node_name, c.waiting, o.received_at as oldest_at,
      f.enabled and f.paused_code is null and h.live as on, h.seconds as gathers
    from hooks h
    join flows f on f.workspace_id = h.workspace_id and f.id = h.flow_id and f.archived_at is null
    join lateral (
      select received_at from inbox i
      where i.workspace_id = h.workspace_id and i.hook_id = h.id and i.run_id is null order by i.id limit 1
    ) o on true
    join lateral (
      select count(*)::int as waiting from (
        select 1 from inbox i where i.workspace_id = h.workspace_id and i.hook_id = h.id and i.run_id is null limit 10001
      ) some_of_them
    ) c on true
    where h.workspace_id = ${workspace} order by o.received_at
  `.execute(tx)
  return rows
}
