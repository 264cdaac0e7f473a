import { type Kysely, sql } from 'kysely'
import { fireDue } from './store/due.ts'
import type { Database } from './store/schema.ts'
import type { WorkerLog } from './worker.ts'

export type SchedulerParts = {
  /** Logged in as tieline_system. */
  readonly system: Kysely<Database>
  next(settings: unknown, after: Date): Date
  /** Called when runs were queued. */
  wake(): void
  readonly log: WorkerLog
}

const BEAT_MS = 1_000
const AT_ONCE = 100
const HOUSEKEEPING_MS = 3_600_000
/** Days of trace partitions that exist beforehand. */
const PARTITION_DAYS = 9

/** Turns due schedules into queued runs, and keeps tomorrow's partitions ready. Any number of processes may do it. */
export function startScheduler(parts: SchedulerParts): { stop(): Promise<void> } {
  let busy: Promise<void> | undefined
  let housekeptAt = 0

  async function beat(): Promise<void> {
    try {
      if (performance.now() - housekeptAt > HOUSEKEEPING_MS || housekeptAt === 0) {
        await sql`select tieline_ensure_partitions(current_date - 1, ${PARTITION_DAYS}::int)`.execute(parts.system)
        housekeptAt = performance.now()
      }
      const queued = await fireDue(parts.system, AT_ONCE, parts.next)
      if (queued > 0) parts.wake()
    } catch (error) {
      parts.log.error({ err: error }, 'could not look at the schedules')
    }
  }

  const timer = setInterval(() => {
    busy ??= beat().finally(() => {
      busy = undefined
    })
  }, BEAT_MS)
  return {
    stop: async () => {
      clearInterval(timer)
      await busy
    },
  }
}
