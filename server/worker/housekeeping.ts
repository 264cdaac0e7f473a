import { type Kysely, sql } from 'kysely'
import type { WorkerLog } from './carry-out.ts'
import { removeOldFiles } from '../store/workspace/files.ts'
import { noteTurn } from '../store/measure/housekeeping-turns.ts'
import { lookAgain, openWorkspaces } from '../store/journal/look-again.ts'
import { removeOldEvents } from '../store/hook/inbox-leftovers.ts'
import { dropPartitions, ensurePartitions, indexKeys, type TraceDays } from '../store/database/partitions.ts'
import { removeLeftovers } from '../store/run/run-leftovers.ts'
import type { Database } from '../store/database/schema.ts'
import { withStatementLimit } from '../store/database/statement-limit.ts'
import { removeOldTried } from '../store/flow/versions.ts'

/** Work that comes again and again, whatever runs do. One process does each turn; a turn may be done twice. */
export type HousekeepingTask = {
  readonly name: string
  /** At least 5. Turns lie at multiples of it, by the database's clock. */
  readonly everySeconds: number
  /** `db` is logged in as tieline_system. */
  run(db: Kysely<Database>): Promise<unknown>
}

export const makePartitions: HousekeepingTask = {
  name: 'partitions',
  everySeconds: 3600,
  run: ensurePartitions,
}

/** Traces past their time leave by the day; the keys of a day that is over get their index. */
export const keepTraces = (days: TraceDays): readonly HousekeepingTask[] => [
  { name: 'old-traces', everySeconds: 3600, run: (db) => dropPartitions(db, days) },
  { name: 'record-keys', everySeconds: 3600, run: indexKeys },
  { name: 'old-events', everySeconds: 3600, run: (db) => removeOldEvents(db, days) },
]

/** Exceptions that people settle in the other system close by themselves. `app` is logged in as tieline_app. */
export const lookAtSettled = (app: Kysely<Database>, log: WorkerLog): HousekeepingTask => ({
  name: 'settled-elsewhere',
  everySeconds: 3600,
  async run(system) {
    for (const workspace of await openWorkspaces(system)) {
      try {
        await lookAgain(app, workspace)
      } catch (error) {
        log.error({ err: error, workspace }, 'exceptions could not be looked at again; the others are')
      }
    }
  },
})

const dropDeadJobs: HousekeepingTask = {
  name: 'dead-jobs',
  everySeconds: 3600,
  // Left behind by processes that died at a job; another one with the same key has long taken its place.
  run: (db) =>
    sql`
      delete from graphile_worker._private_jobs
      where (locked_at is null and attempts >= max_attempts) or locked_at < now() - interval '4 hours'
    `.execute(db),
}

/** What runs gathered for joins and summaries goes once they have ended. */
const removeGathered: HousekeepingTask = { name: 'run-leftovers', everySeconds: 300, run: removeLeftovers }

const oldFiles: HousekeepingTask = { name: 'old-files', everySeconds: 3600, run: removeOldFiles }

const oldTried: HousekeepingTask = { name: 'old-tried', everySeconds: 3600, run: removeOldTried }

/** What is done in turns. Each part of the product adds its own. */
export const HOUSEKEEPING: readonly HousekeepingTask[] = [
  makePartitions,
  removeGathered,
  dropDeadJobs,
  oldFiles,
  oldTried,
]

/** The name of the job that carries turns. */
export const HOUSEKEEPING_JOB = 'housekeeping'

/** Sees to it that the next turn of each task is a job. Its key has the number of the turn: many may plan it. */
export async function planTurns(db: Kysely<Database>, tasks: readonly HousekeepingTask[]): Promise<void> {
  if (tasks.length === 0) return
  await sql`
    select graphile_worker.add_job(${HOUSEKEEPING_JOB}, json_build_object('name', name),
      run_at => to_timestamp(next * every), job_key => key, job_key_mode => 'unsafe_dedupe')
    from unnest(${tasks.map(({ name }) => name)}::text[], ${tasks.map((task) => task.everySeconds)}::int[]) as t (name, every),
      lateral (select floor(extract(epoch from now()) / every)::bigint + 1 as next) n,
      lateral (select ${HOUSEKEEPING_JOB}::text || ':' || name || ':' || next as key) k
    where not exists (select 1 from graphile_worker._private_jobs j where j.key = k.key)
  `.execute(db)
}

/**
 * How long one statement of a turn may take, in milliseconds. Nobody waits for it, and one that is cut off is cut off again
 * at the next turn: it is here for the one that never ends.
 */
const STATEMENT_MS = 600_000

/** One turn. Never throws: the next turn comes anyway. */
export async function doTurn(
  db: Kysely<Database>,
  tasks: readonly HousekeepingTask[],
  name: string,
  log: WorkerLog,
): Promise<void> {
  const task = tasks.find((one) => one.name === name)
  const began = performance.now()
  const noted = (error: unknown) =>
    task &&
    noteTurn(db, {
      task: name,
      everySeconds: task.everySeconds,
      tookMs: Math.round(performance.now() - began),
      error: error === undefined ? undefined : error instanceof Error ? error.message : String(error),
    })
  try {
    if (task) await withStatementLimit(STATEMENT_MS, () => task.run(db))
    await noted(undefined)
    await planTurns(db, tasks)
  } catch (error) {
    // The database that refused the task may be away.
    await noted(error)?.catch(() => undefined)
    log.error({ err: error, task: name }, 'housekeeping failed; it is tried again at its next turn')
  }
}
