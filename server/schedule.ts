import { Cron } from 'croner'
import type { Static } from 'typebox'
import type { ScheduleSettings } from './flow/native.ts'

export type Schedule = Static<typeof ScheduleSettings>

const MINUTE_MS = 60_000

/**
 * The first due time strictly after `after`. Intervals count from `after`; wall-clock times follow their zone.
 * @param stored settings of a schedule trigger, as they were validated when the flow was published.
 */
export function nextDue(stored: unknown, after: Date): Date {
  const settings = stored as Schedule // see above
  if (settings.mode === 'interval') return new Date(after.getTime() + (settings.everyMinutes ?? 15) * MINUTE_MS)
  const { cron = '0 6 * * *', zone = 'Europe/London' } = settings
  const next = fiveFields(cron, zone).nextRun(after)
  if (!next) throw new Error(`The times “${cron}” (${zone}) never come after ${after.toISOString()}.`)
  return next
}

/** What is wrong with a cron text, as the end of a sentence; `validate` puts the beginning before it. */
export function checkCron(cron: string, zone: string): string | undefined {
  if (cron.trim().split(/\s+/).length !== 5) return 'write five parts: minute, hour, day, month, weekday.'
  try {
    return fiveFields(cron, zone).nextRun() ? undefined : 'they never come; check day and month.'
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^CronPattern: /, '') : String(error)
    return `${reason.charAt(0).toLowerCase()}${reason.slice(1).replace(/\.$/, '')}.`
  }
}

function fiveFields(cron: string, zone: string): Cron {
  return new Cron(cron, { timezone: zone, mode: '5-part', paused: true })
}
