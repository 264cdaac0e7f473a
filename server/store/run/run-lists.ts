import { type Kysely, sql, type Transaction } from 'kysely'
import type { RunStart } from '../../run/journal/run-start.ts'
import type { RunSaid } from '../database/answer-tables.ts'
import type { TracePlace } from '../database/partitions.ts'
import { conditionsOf, type RunFilter } from './run-filter.ts'
import { whyWaiting } from './why-waiting.ts'
import type {
  CallState,
  Counts,
  Database,
  EffectState,
  Lane,
  RunCause,
  RunState,
  TraceClass,
} from '../database/schema.ts'

type Tx = Transaction<Database>

export type RunRow = {
  readonly id: string
  readonly flow_id: string
  readonly flow_name: string
  readonly version: number
  readonly cause: RunCause
  readonly cause_node: string
  readonly lane: Lane
  readonly start: RunStart
  readonly quiet: boolean
  readonly dry: boolean
  readonly said: RunSaid | null
  readonly pause_requested: boolean
  readonly rerun_of: string | null
  readonly backfill_id: string | null
  readonly requested_by: string | null
  readonly state: RunState
  readonly reason: string | null
  readonly code: string | null
  readonly batches: number
  readonly counts: Counts
  readonly attempts: number
  readonly cancel_requested: boolean
  readonly created_at: Date
  readonly started_at: Date | null
  readonly ended_at: Date | null
  readonly wake_at: Date | null
  readonly day: string
  readonly trace_class: TraceClass
  /** What went through its steps was kept whole, and has not been dropped yet. */
  readonly traced: boolean
  /** It began with events of a hook, none of which it has any more: given back, or their content is not kept so long. */
  readonly emptied: boolean
}

/** Where the trace of a run lies. */
export const placeOf = (run: Pick<RunRow, 'id' | 'day' | 'trace_class'>): TracePlace => ({
  run: run.id,
  day: run.day,
  traceClass: run.trace_class,
})

const runs = (tx: Tx, workspace: string) =>
  tx
    .selectFrom('runs as r')
    .innerJoin('flows as f', (join) =>
      join.onRef('f.workspace_id', '=', 'r.workspace_id').onRef('f.id', '=', 'r.flow_id'),
    )
    .innerJoin('flow_versions as v', (join) =>
      join
        .onRef('v.workspace_id', '=', 'r.workspace_id')
        .onRef('v.flow_id', '=', 'r.flow_id')
        .onRef('v.number', '=', 'r.version'),
    )
    .leftJoin('users as u', 'u.id', 'r.requested_by')
    .select([
      'r.id',
      'r.flow_id',
      'f.name as flow_name',
      'r.version',
      'r.cause',
      'r.cause_node',
      'r.lane',
      'r.start',
      'r.quiet',
      'r.dry',
      'r.said',
      'r.pause_requested',
      'r.rerun_of',
      'r.backfill_id',
      'u.name as requested_by',
      'r.state',
      'r.reason',
      'r.code',
      'r.batches',
      'r.counts',
      'r.attempts',
      'r.cancel_requested',
      'r.created_at',
      'r.started_at',
      'r.ended_at',
      'r.wake_at',
      'r.day',
      'r.trace_class',
      sql<boolean>`coalesce((r.counts ->> 'read')::bigint, 0) > 0 and v.document ->> 'capture' = 'full' and not exists (
        select 1 from dropped_partitions d
        where d.name = 'payloads_' || r.trace_class || '_' || to_char(r.day, 'YYYYMMDD')
      )`.as('traced'),
      sql<boolean>`r.start ->> 'kind' in ('inbox', 'again') and exists (
        select 1 from runs first where first.workspace_id = r.workspace_id
          and first.id = coalesce((r.start ->> 'run')::uuid, r.id) and first.start ->> 'kind' = 'inbox'
          and not exists (
            select 1 from inbox i where i.workspace_id = r.workspace_id and i.run_id = first.id and i.content is not null
          )
      )`.as('emptied'),
    ])
    .where('r.workspace_id', '=', workspace)

/**
 * Newest first, after `cursor`. Ids sort by time. The page is found first, in an index that has all it is narrowed by
 * (runs_listed): what is shown of a run is read of those on the page only.
 */
export async function listRuns(
  tx: Tx,
  workspace: string,
  { cursor, limit, ...filter }: RunFilter & { cursor?: string | undefined; limit: number },
): Promise<readonly RunRow[]> {
  const page = tx
    .selectFrom('runs as r')
    .select('r.id')
    .where('r.workspace_id', '=', workspace)
    .where((eb) => eb.and([...conditionsOf(filter), ...(cursor ? [eb('r.id', '<', cursor)] : [])]))
    .orderBy('r.id', 'desc')
    .limit(limit)
    .as('page')
  const rows = await runs(tx, workspace).innerJoin(page, 'page.id', 'r.id').orderBy('r.id', 'desc').execute()
  return withReasons(tx, workspace, rows)
}

/** What is stored is why a run was put where it is; why it still waits depends on the others. */
async function withReasons(tx: Tx, workspace: string, rows: readonly RunRow[]): Promise<readonly RunRow[]> {
  const waiting = rows.filter(({ state }) => state === 'queued' || state === 'waiting' || state === 'paused')
  if (waiting.length === 0) return rows
  const why = await whyWaiting(
    tx,
    workspace,
    waiting.map(({ id }) => id),
  )
  return rows.map((row) => ({ ...row, reason: why.get(row.id) ?? row.reason }))
}

export async function findRun(tx: Tx, workspace: string, run: string): Promise<RunRow | undefined> {
  const rows = await runs(tx, workspace).where('r.id', '=', run).execute()
  return (await withReasons(tx, workspace, rows))[0]
}

export type NodeStepsRow = {
  readonly node_id: string
  readonly operation: string
  readonly position: number
  readonly batches: number
  readonly counts: Counts
  readonly calls: number
  readonly retries: number
  readonly waiting_ms: number
  readonly working_ms: number
  readonly started_at: Date
  readonly failed: number
}

/** Steps added up by node, in the order of the plan. 10,000 steps take the database 25 ms. */
export async function sumSteps(tx: Tx, workspace: string, place: TracePlace): Promise<NodeStepsRow[]> {
  const rows = await sql<NodeStepsRow>`
    with mine as (
      select * from steps where workspace_id = ${workspace} and run_id = ${place.run}
        and day = ${place.day} and trace_class = ${place.traceClass}
    ),
    counted as materialized (
      select node_id, jsonb_object_agg(name, total) as counts from (
        select node_id, name, sum(value::numeric)::bigint as total
        from mine, jsonb_each_text(mine.counts) as c (name, value) group by node_id, name
      ) by_name group by node_id
    )
    select m.node_id, min(m.operation) as operation, min(m.position) as position, count(*) as batches,
      coalesce((select counts from counted where counted.node_id = m.node_id), '{}') as counts,
      sum(m.calls)::bigint as calls, sum(greatest(m.attempts - 1, 0))::bigint as retries,
      sum(m.waiting_ms)::bigint as waiting_ms, sum(m.working_ms)::bigint as working_ms,
      min(m.started_at) as started_at, count(m.error) as failed
    from mine m group by m.node_id order by min(m.position), m.node_id
  `.execute(tx)
  return rows.rows
}

export type StepRow = {
  readonly batch: number
  readonly node_id: string
  readonly operation: string
  readonly position: number
  readonly started_at: Date
  readonly waiting_ms: number
  readonly working_ms: number
  readonly calls: number
  readonly attempts: number
  readonly counts: Counts
  readonly error: { readonly [name: string]: unknown } | null
  readonly payloads: string[]
}

/** Single steps by batch and position, after a place, each with the kinds of payload that were kept of it. */
export async function listSteps(
  tx: Tx,
  workspace: string,
  place: TracePlace,
  filter: { node?: string | undefined; after?: { batch: number; position: number } | undefined; limit: number },
): Promise<StepRow[]> {
  const after = filter.after ?? { batch: -1, position: -1 }
  const node = filter.node ?? null
  const rows = await sql<StepRow>`
    select s.batch, s.node_id, s.operation, s.position, s.started_at, s.waiting_ms, s.working_ms, s.calls, s.attempts,
      s.counts, s.error, array(
        select distinct p.kind from payloads p
        where p.workspace_id = s.workspace_id and p.run_id = s.run_id and p.batch = s.batch and p.node_id = s.node_id
          and p.day = ${place.day} and p.trace_class = ${place.traceClass} order by p.kind
      ) as payloads
    from steps s
    where s.workspace_id = ${workspace} and s.run_id = ${place.run}
      and s.day = ${place.day} and s.trace_class = ${place.traceClass}
      and (s.batch, s.position) > (${after.batch}, ${after.position})
      and s.node_id = coalesce(${node}::text, s.node_id)
    order by s.batch, s.position limit ${filter.limit}
  `.execute(tx)
  return rows.rows
}

export type CallSummaryRow = {
  readonly node_id: string
  readonly operation: string
  readonly connection_id: string
  readonly connection_name: string
  readonly state: CallState
  readonly calls: number
  readonly items: number
}

export async function sumCalls(tx: Tx, workspace: string, run: string): Promise<CallSummaryRow[]> {
  const rows = await sql<CallSummaryRow>`
    select c.node_id, t.operation, t.connection_id, coalesce(n.name, '') as connection_name, c.state,
      count(*) as calls, sum(c.items)::bigint as items
    from calls c
    join targets t on t.workspace_id = c.workspace_id and t.id = c.target_id
    left join connections n on n.workspace_id = t.workspace_id and n.id = t.connection_id
    where c.workspace_id = ${workspace} and c.run_id = ${run}
    group by c.node_id, t.operation, t.connection_id, n.name, c.state
    order by c.node_id, t.operation, c.state
  `.execute(tx)
  return rows.rows
}

/** Effects of a run's calls that have a state of their own. */
export async function sumMarkedEffects(
  tx: Tx,
  workspace: string,
  run: string,
): Promise<{ node_id: string; state: EffectState; effects: number }[]> {
  const rows = await sql<{ node_id: string; state: EffectState; effects: number }>`
    select c.node_id, e.state, count(*) as effects
    from calls c join effects e on e.workspace_id = c.workspace_id and e.call_id = c.id and e.state is not null
    where c.workspace_id = ${workspace} and c.run_id = ${run}
    group by c.node_id, e.state order by c.node_id, e.state
  `.execute(tx)
  return rows.rows
}

/** How much work waits, of all workspaces: with the system login. */
export async function measureQueue(db: Kysely<Database>): Promise<{
  queued: number
  running: number
  waiting: number
  oldest_seconds: number | null
  workers: number
}> {
  const rows = await sql<{
    queued: number
    running: number
    waiting: number
    oldest_seconds: number | null
    workers: number
  }>`
    select count(*) filter (where state = 'queued') as queued,
      count(*) filter (where state = 'running') as running,
      count(*) filter (where state = 'waiting') as waiting,
      extract(epoch from now() - min(created_at) filter (where state = 'queued'))::float8 as oldest_seconds,
      count(distinct worker) filter (where state = 'running' and lease_until > now()) as workers
    from runs where state in ('queued', 'running', 'waiting')
  `.execute(db)
  const [row] = rows.rows
  if (!row) throw new Error('The queue could not be measured.')
  return row
}
