import { EventEmitter } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Logger, runTaskList, type TaskList, type WorkerEvents } from 'graphile-worker'
import type { WorkerLog } from './carry-out.ts'
import type { Pool } from '../store/database/database.ts'
import { GRAPHILE_SCHEMA } from '../store/database/graphile.ts'

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
/** Before another one is started after it gave up. */
const RESTART_MS = 1_000
/** How long a stop waits for the completion of jobs to be written down: what is not, is only a hint that stays. */
const LAST_WORDS_MS = 1_000

/**
 * Takes jobs of Graphile Worker until it is stopped. Jobs are hints: tasks do not throw, and a job that is lost is made
 * up for by the beat. Without its local queue, which would take jobs that it has no slot for.
 */
export function startJobs(parts: JobParts): { stop(): Promise<void> } {
  let stopped = false
  const open = new Set<Runner>()
  function begin(): void {
    const runner = run(parts)
    open.add(runner)
    void runner.ended.then(() => open.delete(runner))
    // Jobs that it has in hand come to their end there, beside those of the next one.
    void runner.gaveUp
      .then(() => (stopped ? undefined : sleep(RESTART_MS)))
      .then(() => {
        if (stopped) return
        parts.log.error({}, 'the job runner gave up; another one is started')
        begin()
      })
  }
  begin()
  return {
    stop: async () => {
      stopped = true
      await Promise.all([...open].map((runner) => runner.stop()))
    },
  }
}

type Runner = {
  /** It takes no more jobs. */
  readonly gaveUp: Promise<void>
  /** The jobs that it had in hand have come to their end. */
  readonly ended: Promise<void>
  stop(): Promise<void>
}

/**
 * Known by what it tells of itself, not by the promise of its end: when a job cannot be completed it gives up, and if
 * another one can be afterwards, it counts one job too few for ever and never says that it has ended. Nor does it ask for
 * its tasks again if it was not told of them the first time: it would look for jobs, and find none, for ever.
 */
function run(parts: JobParts): Runner {
  const events: WorkerEvents = new EventEmitter()
  const gaveUp = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<void>()
  events.once('pool:gracefulShutdown', () => gaveUp.resolve())
  events.once('pool:gracefulShutdown:complete', () => ended.resolve())
  events.once('pool:gracefulShutdown:error', () => ended.resolve())
  const pool = runTaskList(
    {
      pgPool: parts.pool,
      schema: GRAPHILE_SCHEMA,
      concurrency: parts.slots,
      pollInterval: POLL_MS,
      noHandleSignals: true,
      forbiddenFlags: parts.leave ?? null,
      logger: loggerTo(parts.log),
      events,
      // Without a batch, a job that cannot be completed because the database is away ends the process.
      preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
    },
    parts.tasks,
    parts.pool,
  )
  let stopping = false
  let looked = false
  const hasLooked = () => {
    looked = true
  }
  events.once('worker:getJob:empty', hasLooked).once('job:start', hasLooked)
  events.on('worker:getJob:error', () => {
    if (looked || stopping) return
    stopping = true
    void Promise.resolve(pool.gracefulShutdown('It could not begin.')).catch(() => undefined)
  })
  void gaveUp.promise.then(() => {
    stopping = true
  })
  const over = pool.promise.catch((error: unknown) => parts.log.warn({ err: error }, 'the job runner ended'))
  void over.then(() => {
    gaveUp.resolve()
    ended.resolve()
  })
  return {
    gaveUp: gaveUp.promise,
    ended: ended.promise,
    async stop() {
      if (!stopping) void Promise.resolve(pool.gracefulShutdown()).catch(() => undefined)
      await ended.promise
      // What it writes down last.
      await Promise.race([over, sleep(LAST_WORDS_MS, undefined, { ref: false })])
    },
  }
}

/** Its successes are no news, and what fails is tried again: by itself, or by the beat. */
function loggerTo(log: WorkerLog): Logger {
  return new Logger(() => (level, message, meta) => {
    if (level === 'error' || level === 'warning') log.warn({ ...meta }, message)
  })
}
