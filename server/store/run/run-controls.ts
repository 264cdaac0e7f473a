import { sql, type Transaction } from 'kysely'
import type { Database, Lane, RunState } from '../database/schema.ts'
import { wakeAfterCommit } from '../database/wake.ts'

// What people may ask of a run that has not ended. Each statement takes effect once, whoever comes second finds nothing.

type Tx = Transaction<Database>

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
  const rows = await sql<{ state: RunState; lane: Lane }>`
    update runs r set cancel_requested = true,
      state = case when r.state = 'running' then r.state when ${LEFT_OPEN} then 'queued' else 'cancelled' end,
      reason = case when r.state = 'running' or ${LEFT_OPEN} then r.reason else 'Cancelled before it went on.' end,
      wake_at = case when r.state = 'running' then r.wake_at end,
      ended_at = case when r.state = 'running' or ${LEFT_OPEN} then r.ended_at else now() end
    where r.workspace_id = ${workspace} and r.id = ${run} and r.state in ('queued', 'running', 'waiting', 'paused')
      and not r.cancel_requested
    returning r.state, r.lane
  `.execute(tx)
  const [row] = rows.rows
  // Somebody has to end it, or the flow's next run may begin.
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

/**
 * Lets a paused run go on from where it stands. It keeps its place: before all runs of its flow that came later. One
 * that was told to pause and has not yet done so is told to go on.
 */
export async function resumeRun(tx: Tx, workspace: string, run: string): Promise<boolean> {
  const rows = await sql<{ state: RunState; lane: Lane }>`
    update runs set pause_requested = false,
      state = case when state = 'paused' then 'queued' else state end,
      reason = case when state = 'paused' then 'Waiting for a worker.' else reason end
    where workspace_id = ${workspace} and id = ${run}
      and (state = 'paused' or (state in ('queued', 'running') and pause_requested and not cancel_requested))
    returning state, lane
  `.execute(tx)
  const [row] = rows.rows
  if (row?.state === 'queued') await wakeAfterCommit(tx, workspace, row.lane)
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
