import { sql, type Transaction } from 'kysely'
import { usualCap } from './lane-caps.ts'
import type { Database, Lane, RunState } from '../database/schema.ts'
import { slotsOfWorkers } from '../database/workers.ts'

type Row = {
  readonly id: string
  readonly state: RunState
  readonly reason: string | null
  readonly lane: Lane
  readonly wake_at: Date | null
  readonly due: boolean
  readonly other: string | null
  readonly other_state: RunState | null
  readonly ahead: string | null
  readonly cap: number
  readonly running: number
  readonly connection: string | null
  readonly max_runs: number | null
  /** Of the workers that give signs of life; null: there is none. */
  readonly slots: number | null
  readonly free: number
  readonly kept: number
}

/** Why runs of a workspace wait, by id, for people. Of runs that do not wait it says nothing. */
export async function whyWaiting(
  tx: Transaction<Database>,
  workspace: string,
  runs: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (runs.length === 0) return new Map()
  const { rows } = await sql<Row>`
    with at_work as (
      select id, flow_id, lane, state from runs
      where workspace_id = ${workspace} and state in ('running', 'waiting', 'paused')
    ), lane_state as (
      select l.lane, coalesce(max_running, ${usualCap('l.lane')}) as cap,
        (select count(*) from at_work where at_work.lane = l.lane and at_work.state = 'running') as running
      from unnest(array['live', 'bulk']) as l (lane)
      left join lanes on lanes.workspace_id = ${workspace} and lanes.lane = l.lane
    )
    select r.id, r.state, r.reason, r.lane, r.wake_at, r.wake_at <= now() as due, other.id as other,
      other.state as other_state, ahead.id as ahead, lane_state.cap, lane_state.running,
      busy.name as connection, busy.max_runs, workers.slots, workers.free, workers.kept
    from runs r
    join lane_state on lane_state.lane = r.lane
    cross join ${slotsOfWorkers()} workers
    left join lateral (
      select id, state from at_work where at_work.flow_id = r.flow_id and at_work.id <> r.id order by id limit 1
    ) other on r.state = 'queued'
    left join lateral (
      select o.id from runs o
      where o.workspace_id = ${workspace} and o.flow_id = r.flow_id and o.state = 'queued'
        and (o.priority, o.id) < (r.priority, r.id)
      order by o.priority, o.id limit 1
    ) ahead on r.state = 'queued'
    left join lateral (
      select c.name, c.max_runs from flow_bindings b
      join connections c on c.workspace_id = b.workspace_id and c.id = b.connection_id
      where b.workspace_id = ${workspace} and b.flow_id = r.flow_id and c.max_runs <= (
        select count(distinct w.id) from flow_bindings o
        join at_work w on w.flow_id = o.flow_id and w.state = 'running'
        where o.workspace_id = ${workspace} and o.connection_id = c.id
      )
      limit 1
    ) busy on true
    where r.workspace_id = ${workspace} and r.id = any(${runs as string[]}::uuid[])
      and r.state in ('queued', 'waiting', 'paused')
  `.execute(tx)
  return new Map(rows.map((row) => [row.id, reasonOf(row)]))
}

const DOING: { readonly [state: string]: string } = { running: 'at work', waiting: 'waiting', paused: 'paused' }

function reasonOf(row: Row): string {
  if (row.state === 'paused') return row.reason ?? 'Paused. Anybody who may start runs can let it go on.'
  if (row.state === 'waiting' && !row.due) return row.reason ?? `It goes on at ${row.wake_at?.toISOString()}.`
  if (row.other) {
    return `An earlier run of the same flow is ${DOING[row.other_state ?? ''] ?? 'not done'}: ${row.other}. Runs of one flow go one after the other.`
  }
  if (row.ahead) return `Another run of the same flow is before it: ${row.ahead}.`
  if (row.slots === null) return 'No worker is running. Start the product, or a process with the role worker.'
  if (row.running >= row.cap) {
    return `The lane “${row.lane}” has as many runs at work as it may have (${row.cap}).`
  }
  if (row.connection !== null) {
    return `The connection “${row.connection}” is in use by as many runs as it may be (${row.max_runs}).`
  }
  return sayFree(row, row.slots)
}

/** Signs of life are up to five seconds old. */
function sayFree({ lane, free, kept }: Row, slots: number): string {
  if (free === 0) return `Waiting for a free slot of a worker: all ${slots} are at work.`
  if (lane === 'bulk' && free <= kept)
    return 'Waiting for a slot of a worker; the last free one may be kept for what people wait for.'
  return 'A slot of a worker is free: it is taken up within seconds.'
}
