import { sql, type Transaction } from 'kysely'
import type { Database, Lane, RunState } from '../database/schema.ts'
import { wakeAfterCommit } from '../database/wake.ts'
import { conditionsOf, type RunFilter } from './run-filter.ts'

// What people may ask of a run that has not ended. Each statement takes effect once, whoever comes second finds nothing.

type Tx = Transaction<Database>
type Changed = { readonly state: RunState; readonly lane: Lane }

/** SQL: something of run `r` was sent of which nobody heard, or can tell, what came of it. */
export const LEFT_OPEN = sql<boolean>`exists (
  select 1 from calls c where c.workspace_id = r.workspace_id and c.run_id = r.id and (
    c.state in ('sent', 'unknown')
    or exists (select 1 from effects e where e.workspace_id = c.workspace_id and e.call_id = c.id and e.state = 'unknown')
  )
)`

/**
 * A run nobody works at ends at once; a running one is told, and ends after its batch. One that left something open in
 * the ledger goes to a worker, which says what is in doubt before it ends it. Nothing where it was asked before.
 */
export async function requestCancel(tx: Tx, workspace: string, run: string): Promise<RunState | undefined> {
  return (await cancelAll(tx, workspace, [run]))[0]?.state
}

async function cancelAll(tx: Tx, workspace: string, runs: readonly string[]): Promise<readonly Changed[]> {
  const { rows } = await sql<Changed>`
    update runs r set cancel_requested = true,
      state = case when r.state = 'running' then r.state when ${LEFT_OPEN} then 'queued' else 'cancelled' end,
      reason = case when r.state = 'running' or ${LEFT_OPEN} then r.reason else 'Cancelled before it went on.' end,
      wake_at = case when r.state = 'running' then r.wake_at end,
      ended_at = case when r.state = 'running' or ${LEFT_OPEN} then r.ended_at else now() end
    where r.workspace_id = ${workspace} and r.id = any(${[...runs]}::uuid[])
      and r.state in ('queued', 'running', 'waiting', 'paused')
      and not r.cancel_requested
    returning r.state, r.lane
  `.execute(tx)
  // Somebody has to end them, or the next run of their flow may begin.
  await wake(
    tx,
    workspace,
    rows.filter(({ state }) => state !== 'running'),
  )
  return rows
}

async function wake(tx: Tx, workspace: string, changed: readonly Changed[]): Promise<void> {
  for (const lane of new Set(changed.map((run) => run.lane))) await wakeAfterCommit(tx, workspace, lane)
}

/** Puts a run down that nobody works at; a running one is told, and is put down after its batch. */
export async function requestPause(tx: Tx, workspace: string, run: string): Promise<RunState | undefined> {
  const rows = await sql<{ state: RunState }>`
    update runs set
      pause_requested = (state = 'running'),
      state = case when state = 'running' then state else 'paused' end,
      reason = case when state = 'running' then reason else 'Paused before it went on.' end,
      wake_at = case when state = 'running' then wake_at end
    where workspace_id = ${workspace} and id = ${run} and state in ('queued', 'running', 'waiting')
      and not cancel_requested and not pause_requested
    returning state
  `.execute(tx)
  return rows.rows[0]?.state
}

/**
 * Lets a paused run go on from where it stands. It keeps its place: before all runs of its flow that came later. One
 * that was told to pause and has not yet done so is told to go on.
 */
export async function resumeRun(tx: Tx, workspace: string, run: string): Promise<boolean> {
  return (await resumeAll(tx, workspace, [run])).length > 0
}

async function resumeAll(tx: Tx, workspace: string, runs: readonly string[]): Promise<readonly Changed[]> {
  const { rows } = await sql<Changed>`
    update runs set pause_requested = false,
      state = case when state = 'paused' then 'queued' else state end,
      reason = case when state = 'paused' then 'Waiting for a worker.' else reason end
    where workspace_id = ${workspace} and id = any(${[...runs]}::uuid[])
      and (state = 'paused' or (state in ('queued', 'running') and pause_requested and not cancel_requested))
    returning state, lane
  `.execute(tx)
  await wake(
    tx,
    workspace,
    rows.filter(({ state }) => state === 'queued'),
  )
  return rows
}

/** Some by id, or all that fit and have not ended. */
export type RunSelection = { readonly ids: readonly string[] } | { readonly filter: RunFilter }

/** Why nothing was done with a run. */
export type LeftRun = 'RUN_ENDED' | 'RUN_CANCELLING' | 'RUN_NOT_PAUSED' | 'NOT_FOUND'

export type ControlledRuns = {
  readonly changed: number
  readonly left: { readonly [code: string]: number }
  /** More fit than are changed at once. */
  readonly more: boolean
}

/** Of those that fit, the oldest are changed at once. */
export const MOST_CONTROLLED = 10_000

const CONTROLS = { cancel: cancelAll, resume: resumeAll } as const

/** Cancels runs, or lets them go on, as one by one. `dry` only counts. */
export async function controlRuns(
  tx: Tx,
  workspace: string,
  what: keyof typeof CONTROLS,
  select: RunSelection,
  dry: boolean,
): Promise<ControlledRuns> {
  // Locked in the order of their ids: whoever asks at the same time waits, and finds them changed then.
  const { rows } = await sql<{ id: string; state: RunState; cancel_requested: boolean; pause_requested: boolean }>`
    select r.id, r.state, r.cancel_requested, r.pause_requested from runs r
    where r.workspace_id = ${workspace} and ${fitting(select)}
    order by r.id limit ${MOST_CONTROLLED + 1} ${dry ? sql`` : sql`for update of r`}
  `.execute(tx)
  const found = rows.slice(0, MOST_CONTROLLED)
  const left: { [code: string]: number } = {}
  const leave = (code: LeftRun, count = 1): void => {
    if (count > 0) left[code] = (left[code] ?? 0) + count
  }
  const meant = found.flatMap((run) => {
    const refused = refusalOf(run, what)
    if (refused === undefined) return [run.id]
    leave(refused)
    return []
  })
  if ('ids' in select) leave('NOT_FOUND', select.ids.length - found.length)
  const changed = dry || meant.length === 0 ? meant.length : (await CONTROLS[what](tx, workspace, meant)).length
  return { changed, left, more: rows.length > MOST_CONTROLLED }
}

function fitting(select: RunSelection) {
  if ('ids' in select) return sql<boolean>`r.id = any(${[...select.ids]}::uuid[])`
  const conditions = [sql`r.state in ('queued', 'running', 'waiting', 'paused')`, ...conditionsOf(select.filter)]
  return sql.join(conditions, sql` and `)
}

function refusalOf(
  run: { readonly state: RunState; readonly cancel_requested: boolean; readonly pause_requested: boolean },
  what: keyof typeof CONTROLS,
): LeftRun | undefined {
  if (!['queued', 'running', 'waiting', 'paused'].includes(run.state)) return 'RUN_ENDED'
  if (run.cancel_requested) return 'RUN_CANCELLING'
  return what === 'resume' && run.state !== 'paused' && !run.pause_requested ? 'RUN_NOT_PAUSED' : undefined
}

/** Of the exceptions that a run tried again, those that are open. */
export async function openExceptionsOf(tx: Tx, workspace: string, run: string): Promise<readonly string[]> {
  const rows = await sql<{ id: string }>`
    select id from exceptions where workspace_id = ${workspace} and state = 'open' and retry_run = ${run} order by id
  `.execute(tx)
  return rows.rows.map(({ id }) => id)
}

/** A run of the flow that has not ended and begins in the same way: asked for twice, it would be carried out twice. */
export async function findSameRun(tx: Tx, workspace: string, flow: string, start: object): Promise<string | undefined> {
  const rows = await sql<{ id: string }>`
    select id from runs
    where workspace_id = ${workspace} and flow_id = ${flow} and state in ('queued', 'running', 'waiting', 'paused')
      and start = ${JSON.stringify(start)}::jsonb
    limit 1
  `.execute(tx)
  return rows.rows[0]?.id
}
