import { sql, type Transaction } from 'kysely'
import type { RunStart } from '../../run/journal/run-start.ts'
import { newId } from '../database/ids.ts'
import type { Database, Lane, RunCause, TraceClass } from '../database/schema.ts'
import { wakeAfterCommit } from '../database/wake.ts'

export type QueuedRun = {
  readonly workspace: string
  readonly flow: string
  readonly version: number
  readonly cause: RunCause
  /** The trigger node that started it. */
  readonly node: string
  /** The person who asked, where one did. */
  readonly by?: string
  /** Default: at the trigger. */
  readonly start?: RunStart
  /** Default: live. */
  readonly lane?: Lane
  /** Within its flow the lower number goes first. Default: 0. */
  readonly priority?: number
  readonly quiet?: boolean
  /** Sends nothing. */
  readonly dry?: boolean
  readonly rerunOf?: string
  readonly backfill?: string
}

/**
 * Puts a run into the queue. Give the transaction that also makes it necessary (a firing, a click); its lane is woken
 * after the commit of an inWorkspace.
 */
export async function queueRun(tx: Transaction<Database>, run: QueuedRun): Promise<string> {
  const id = newId()
  await tx
    .insertInto('runs')
    .values({
      workspace_id: run.workspace,
      id,
      flow_id: run.flow,
      version: run.version,
      cause: run.cause,
      cause_node: run.node,
      requested_by: run.by ?? null,
      lane: run.lane ?? 'live',
      priority: run.priority ?? 0,
      start: JSON.stringify(run.start ?? { kind: 'trigger' }),
      quiet: run.quiet ?? false,
      dry: run.dry ?? false,
      rerun_of: run.rerunOf ?? null,
      backfill_id: run.backfill ?? null,
      trace_class: sql<TraceClass>`(select trace_class from workspaces where id = ${run.workspace})`,
      reason: 'Waiting for a worker.',
    })
    .execute()
  await wakeAfterCommit(tx, run.workspace, run.lane ?? 'live')
  return id
}

/** Many runs at once, as they are without a wish: from the trigger on, in the lane live. Ids are given by the caller. */
export async function queueRuns(
  tx: Transaction<Database>,
  runs: readonly (Pick<QueuedRun, 'workspace' | 'flow' | 'version' | 'cause' | 'node'> & { readonly id: string })[],
): Promise<void> {
  if (runs.length === 0) return
  await sql`
    insert into runs (workspace_id, id, flow_id, version, cause, cause_node, start, reason, trace_class)
    select r.workspace_id, r.id, r.flow_id, r.version, r.cause, r.cause_node, '{"kind": "trigger"}',
      'Waiting for a worker.', w.trace_class
    from unnest(${runs.map(({ workspace }) => workspace)}::uuid[], ${runs.map(({ id }) => id)}::uuid[],
      ${runs.map(({ flow }) => flow)}::uuid[], ${runs.map(({ version }) => version)}::int[],
      ${runs.map(({ cause }) => cause)}::text[], ${runs.map(({ node }) => node)}::text[])
      as r (workspace_id, id, flow_id, version, cause, cause_node)
    join workspaces w on w.id = r.workspace_id
  `.execute(tx)
  for (const workspace of new Set(runs.map((run) => run.workspace))) await wakeAfterCommit(tx, workspace, 'live')
}
