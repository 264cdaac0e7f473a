import { sql, type Transaction } from 'kysely'
import { usualCap } from './lane-caps.ts'
import type { Database, Lane } from '../database/schema.ts'
import { wakeAfterCommit } from '../database/wake.ts'
import { whyWaiting } from './why-waiting.ts'

type Tx = Transaction<Database>

export type LaneRow = {
  readonly lane: Lane
  readonly cap: number
  readonly running: number
  readonly queued: number
  readonly waiting: number
  readonly paused: number
  readonly oldest_queued_at: Date | null
  /** Why nothing of it moves, when nothing does. */
  readonly reason: string | null
}

/** Both lanes of a workspace: what is at work in them and what waits. */
export async function listLanes(tx: Tx, workspace: string): Promise<LaneRow[]> {
  const { rows } = await sql<Omit<LaneRow, 'reason'> & { first: string | null }>`
    with counted as (
      select lane, state, count(*) as runs, min(created_at) as oldest from runs
      where workspace_id = ${workspace} and state in ('queued', 'running', 'waiting', 'paused') group by lane, state
    )
    select l.lane, coalesce(max_running, ${usualCap('l.lane')}) as cap,
      coalesce((select runs from counted c where c.lane = l.lane and state = 'running'), 0) as running,
      coalesce((select runs from counted c where c.lane = l.lane and state = 'queued'), 0) as queued,
      coalesce((select runs from counted c where c.lane = l.lane and state = 'waiting'), 0) as waiting,
      coalesce((select runs from counted c where c.lane = l.lane and state = 'paused'), 0) as paused,
      (select oldest from counted c where c.lane = l.lane and state = 'queued') as oldest_queued_at,
      (select id from runs r where r.workspace_id = ${workspace} and r.lane = l.lane and r.state = 'queued'
        order by flow_id, priority, id limit 1) as first
    from unnest(array['live', 'bulk']) as l (lane)
    left join lanes on lanes.workspace_id = ${workspace} and lanes.lane = l.lane
  `.execute(tx)
  const still = rows.filter((row) => row.running === 0 && row.first !== null)
  const why = await whyWaiting(
    tx,
    workspace,
    still.flatMap(({ first }) => first ?? []),
  )
  return rows.map(({ first, ...row }) => ({ ...row, reason: reasonOf(row, why.get(first ?? '')) }))
}

function reasonOf(row: Omit<LaneRow, 'reason'>, first: string | undefined): string | null {
  if (row.running > 0) return null
  if (row.queued > 0) return first ?? null
  if (row.waiting > 0) return 'Its runs wait until their time has come.'
  return row.paused > 0 ? 'Its runs are paused.' : null
}

export type RunningRow = {
  readonly id: string
  readonly flow_id: string
  readonly flow_name: string
  readonly lane: Lane
  readonly worker: string | null
  readonly started_at: Date | null
  readonly batches: number
}

/** Runs at work now; caps keep them few. */
export async function listRunning(tx: Tx, workspace: string): Promise<RunningRow[]> {
  return tx
    .selectFrom('runs as r')
    .innerJoin('flows as f', (join) =>
      join.onRef('f.workspace_id', '=', 'r.workspace_id').onRef('f.id', '=', 'r.flow_id'),
    )
    .select(['r.id', 'r.flow_id', 'f.name as flow_name', 'r.lane', 'r.worker', 'r.started_at', 'r.batches'])
    .where('r.workspace_id', '=', workspace)
    .where('r.state', '=', 'running')
    .orderBy('r.started_at')
    .execute()
}

/** How many runs of a lane may be at work. A lower cap stops none that is. */
export async function setLaneCap(tx: Tx, workspace: string, lane: Lane, cap: number): Promise<void> {
  await tx
    .insertInto('lanes')
    .values({ workspace_id: workspace, lane, max_running: cap })
    .onConflict((conflict) => conflict.columns(['workspace_id', 'lane']).doUpdateSet({ max_running: cap }))
    .execute()
  await wakeAfterCommit(tx, workspace, lane)
}
