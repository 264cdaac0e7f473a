import { Cron } from 'croner'
import type { Static } from 'typebox'
import type { CronComplaint } from '../flow/check/check-schedule.ts'
import type { ScheduleSettings } from '../flow/catalog/native.ts'
import { instantOf, offsetAt } from './wall-clock.ts'

export type Schedule = Static<typeof ScheduleSettings>

const MINUTE_MS = 60_000

/**
 * The first due time strictly after `after`. Intervals keep their phase: they count from `phase`, a due time of theirs.
 * Wall-clock times follow their zone: one that the clock leaves out comes at the end of the gap, one that it shows twice
 * comes once.
 * @param stored settings of a schedule trigger, as they were validated when the flow was published.
 * @throws when none is left.
 */
export function nextDue(stored: unknown, after: Date, phase: Date = after): Date {
  const settings = stored as Schedule // see above
  if (settings.mode === 'interval') {
    const every = (settings.everyMinutes ?? 15) * MINUTE_MS
    const beats = Math.floor((after.getTime() - phase.getTime()) / every) + 1
    return new Date(phase.getTime() + beats * every)
  }
  const { cron = '0 6 * * *', zone = 'Europe/London' } = settings
  const times = fiveFields(cron)
  // The calendar of the zone is walked as if it were UTC: the clock's changes are this file's affair, not the parser's.
  let local = after.getTime() + offsetAt(zone, after.getTime())
  for (;;) {
    const next = times.nextRun(new Date(local))?.getTime()
    if (next === undefined) throw new Error(`The times “${cron}” (${zone}) never come after ${after.toISOString()}.`)
    const instant = instantOf(zone, next)
    if (instant > after.getTime()) return new Date(instant)
    local = next
  }
}

/** What is wrong with a cron text; `validate` makes a sentence of it. */
export function checkCron(cron: string, zone: string): CronComplaint | undefined {
  if (cron.trim().split(/\s+/).length !== 5) {
    return { never: false, says: 'write five parts: minute, hour, day, month, weekday.' }
  }
  try {
    offsetAt(zone, 0)
    return fiveFields(cron).nextRun() ? undefined : { never: true, says: 'no day has them; check day and month.' }
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^CronPattern: /, '') : String(error)
    return { never: false, says: `${reason.charAt(0).toLowerCase()}${reason.slice(1).replace(/\.$/, '')}.` }
  }
}

const parsed = new Map<string, Cron>()
/** Of crons that are kept: a product has few, and tests many. */
const MOST_PARSED = 1_000

function fiveFields(cron: string): Cron {
  let known = parsed.get(cron)
  if (!known) {
    known = new Cron(cron, { timezone: 'UTC', mode: '5-part', paused: true })
    if (parsed.size >= MOST_PARSED) parsed.clear()
    parsed.set(cron, known)
  }
  return known
}
