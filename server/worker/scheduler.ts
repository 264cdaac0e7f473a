import type { Kysely } from 'kysely'
import { fireDue, type NextDue } from '../store/run/due.ts'
import type { Database } from '../store/database/schema.ts'
import type { WorkerLog } from './worker.ts'

export type SchedulerParts = {
  /** Logged in as tieline_system. */
  readonly system: Kysely<Database>
  readonly next: NextDue
  readonly log: WorkerLog
}

const BEAT_MS = 1_000
/** Schedules fired in one transaction: 500 take 0.2 s. */
const AT_ONCE = 500

/** Turns due schedules into queued runs, and wakes their lanes. Any number of processes may do it. */
export function startScheduler(parts: SchedulerParts): { stop(): Promise<void> } {
  let busy: Promise<void> | undefined
  let stopped = false

  async function beat(): Promise<void> {
    try {
      // A full hand means that there may be more: a thousand schedules of one minute do not wait for ten beats.
      while (!stopped && (await fireDue(parts.system, AT_ONCE, parts.next)) >= AT_ONCE);
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
      stopped = true
      clearInterval(timer)
      await busy
    },
  }
}
