import { setTimeout as sleep } from 'node:timers/promises'
import { Logger, runTaskList, type TaskList, type WorkerPool } from 'graphile-worker'
import type { WorkerLog } from './carry-out.ts'
import type { Pool } from '../store/database.ts'
import { GRAPHILE_SCHEMA } from '../store/graphile.ts'

export type JobParts = {
  /** Logged in as tieline_system. One connection listens, the others fetch and complete jobs. */
  readonly pool: Pool
  /** Jobs carried out at the same time. */
  readonly slots: number
  readonly tasks: TaskList
  /** Flags of jobs that are to be left to others at this moment. */
  readonly leave?: () => string[]
  readonly log: WorkerLog
}

/** How often each free slot looks by itself; LISTEN tells it sooner. */
const POLL_MS = 1_000
/** Before it is started again after it gave up. */
const RESTART_MS = 1_000

/**
 * Takes jobs of Graphile Worker until it is stopped. Jobs are hints: tasks do not throw, and a job that is lost is made
 * up for by the beat. Without its local queue, which would take jobs that it has no slot for.
 */
export function startJobs(parts: JobParts): { stop(): Promise<void> } {
  let stopped = false
  let current: WorkerPool
  const begin = () => {
    current = runTaskList(
      {
        pgPool: parts.pool,
        schema: GRAPHILE_SCHEMA,
        concurrency: parts.slots,
        pollInterval: POLL_MS,
        noHandleSignals: true,
        forbiddenFlags: parts.leave ?? null,
        logger: loggerTo(parts.log),
        // Without a batch, a job that cannot be completed because the database is away ends the process.
        preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
      },
      parts.tasks,
      parts.pool,
    )
    current.promise
      .catch((error: unknown) => parts.log.error({ err: error }, 'the job runner gave up; it is started again'))
      .then(() => (stopped ? undefined : sleep(RESTART_MS)))
      .then(() => (stopped ? undefined : begin()))
  }
  begin()
  return {
    stop: async () => {
      stopped = true
      await current.gracefulShutdown()
    },
  }
}

/** Its successes are no news, and what fails is tried again: by itself, or by the beat. */
function loggerTo(log: WorkerLog): Logger {
  return new Logger(() => (level, message, meta) => {
    if (level === 'error' || level === 'warning') log.warn({ ...meta }, message)
  })
}
