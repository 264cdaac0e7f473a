import { sql, type Transaction } from 'kysely'
import type { Database, Lane, RunState } from './schema.ts'
import { wakeAfterCommit } from './wake.ts'

// What people may ask of a run that has not ended. Each statement takes effect once, whoever comes second finds nothing.

type Tx = Transaction<Database>

/** A run nobody works at ends at once; a running one is told, and ends after its batch. Nothing where it was asked before. */
export async function requestCancel(tx: Tx, workspace: string, run: string): Promise<RunState | undefined> {
  const rows = await sql<{ state: RunState; lane: Lane }>`
    update runs set cancel_requested = true,
      state = case when state = 'running' then state else 'cancelled' end,
      reason = case when state = 'running' then reason else 'Cancelled before it went on.' end,
      wake_at = case when state = 'running' then wake_at end,
      ended_at = case when state = 'running' then ended_at else now() end
    where workspace_id = ${workspace} and id = ${run} and state in ('queued', 'running', 'waiting', 'paused')
      and not cancel_requested
    returning state, lane
  `.execute(tx)
  const [row] = rows.rows
  // The flow's next run may begin.
  if (row && row.state !== 'running') await wakeAfterCommit(tx, workspace, row.lane)
  return row?.state
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

/** Lets a paused run go on from where it stands. It keeps its place: before all runs of its flow that came later. */
export async function resumeRun(tx: Tx, workspace: string, run: string): Promise<boolean> {
  const rows = await sql<{ lane: Lane }>`
    update runs set state = 'queued', pause_requested = false, reason = 'Waiting for a worker.'
    where workspace_id = ${workspace} and id = ${run} and state = 'paused'
    returning lane
  `.execute(tx)
  const [row] = rows.rows
  if (row) await wakeAfterCommit(tx, workspace, row.lane)
  return row !== undefined
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
