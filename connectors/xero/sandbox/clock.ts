/** The sandbox's own time. Tests move it; tokens, limits, replay of idempotent writes and UpdatedDateUTC all follow. */
export type Clock = {
  now(): number
  advance(ms: number): void
}

/**
 * Never runs behind `notBefore` (the newest seeded change): on a machine whose clock is earlier, a live edit would
 * otherwise be older than the data and no incremental read would see it.
 */
export function createClock(source: () => number, notBefore: number): Clock {
  let offset = Math.max(0, notBefore - source())
  return {
    now: () => Math.floor(source() + offset),
    advance: (ms) => {
      offset += ms
    },
  }
}

export const DAY = 86_400_000

/** Whole days since 1970-01-01: how the sandbox stores calendar days. */
export function dayOf(isoDay: string): number {
  return Date.parse(`${isoDay}T00:00:00Z`) / DAY
}

const isoDays = new Map<number, string>()

/** Remembered, because every document spells two or three of the same few hundred days. */
export function isoDay(day: number): string {
  let text = isoDays.get(day)
  if (text === undefined) {
    text = new Date(day * DAY).toISOString().slice(0, 10)
    isoDays.set(day, text)
  }
  return text
}

const londonDay = new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/London' })
const dayOfHour = new Map<number, number>()

/** The calendar day an instant falls on in the organisation's time zone (GMTSTANDARDTIME). */
export function organisationDay(instant: number): number {
  // London's clock changes on whole hours, and formatting is slow: one formatting per hour met.
  const hour = Math.floor(instant / 3_600_000)
  let day = dayOfHour.get(hour)
  if (day === undefined) {
    day = dayOf(londonDay.format(instant))
    dayOfHour.set(hour, day)
  }
  return day
}
