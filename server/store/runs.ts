import { type Kysely, sql, type Transaction } from 'kysely'
import { newId } from './ids.ts'
import type { Database } from './schema.ts'

export type QueuedRun = {
  readonly workspace: string
  readonly flow: string
  readonly version: number
  readonly cause: 'manual' | 'schedule'
  /** The trigger node that started it. */
  readonly node: string
  /** The person who asked, for `manual`. */
  readonly by?: string
}

/** The name workers listen to. A hint only: they also look every second. */
export const RUN_QUEUED = 'tieline_run_queued'

/** Puts a run into the queue. Give the transaction that also makes it necessary (a firing, a click). */
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
      reason: 'Waiting for a worker.',
    })
    .execute()
  await notifyRunQueued(tx)
  return id
}

export async function notifyRunQueued(db: Kysely<Database>): Promise<void> {
  await sql`select pg_notify(${RUN_QUEUED}, '')`.execute(db)
}
