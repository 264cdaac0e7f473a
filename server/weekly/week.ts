import { offsetAt } from '../schedule/wall-clock.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
/** Letters leave from this hour of Monday on, and for a day: of a week that was missed by more, nobody is told. */
const FROM_HOUR = 7
const FOR_HOURS = 24

/** The Monday, such as `2026-11-23`, whose letter is due at an instant by a zone's clock; undefined: none is. */
export function dueWeek(zone: string, now: Date): string | undefined {
  const local = now.getTime() + offsetAt(zone, now.getTime())
  const day = Math.floor(local / DAY_MS)
  // Day 0 was a Thursday.
  const monday = (day - ((day + 3) % 7)) * DAY_MS
  const hours = (local - monday) / HOUR_MS
  if (hours < FROM_HOUR || hours >= FROM_HOUR + FOR_HOURS) return undefined
  return new Date(monday).toISOString().slice(0, 10)
}
