import type { Kysely } from 'kysely'
import { fireDue } from './store/due.ts'
import type { Database } from './store/schema.ts'
import type { WorkerLog } from './worker.ts'

export type SchedulerParts = {
  /** Logged in as tieline_system. */
  readonly system: Kysely<Database>
  next(settings: unknown, after: Date): Date
  readonly log: WorkerLog
}

const BEAT_MS = 1_000
const AT_ONCE = 100

/** Turns due schedules into queued runs, and wakes their lanes. Any number of processes may do it. */
export function startScheduler(parts: SchedulerParts): { stop(): Promise<void> } {
  let busy: Promise<void> | undefined

  async function beat(): Promise<void> {
    try {
      await fireDue(parts.system, AT_ONCE, parts.next)
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
