import { StepError } from './errors.ts'

// Calendar days as the clocks of a place show them.

const formats = new Map<string, Intl.DateTimeFormat>()

/** @throws StepError CONFIG_INVALID for a zone that nobody knows. */
function formatOf(zone: string): Intl.DateTimeFormat {
  let known = formats.get(zone)
  if (!known) {
    try {
      const parts = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' } as const
      known = new Intl.DateTimeFormat('en-CA', { timeZone: zone, ...parts, second: '2-digit', hourCycle: 'h23' })
    } catch {
      throw new StepError('CONFIG_INVALID', `“${zone}” is no time zone. One looks like Europe/London.`)
    }
    formats.set(zone, known)
  }
  return known
}

/** The time a clock in the zone shows at an instant, as milliseconds since 1970 of a clock that were in UTC. */
function shownAt(at: number, zone: string): number {
  const part = Object.fromEntries(
    formatOf(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  )
  return Date.UTC(part.year!, part.month! - 1, part.day!, part.hour!, part.minute!, part.second!)
}

/** `2026-11-03`: the day it is in the zone at an instant, in milliseconds since 1970. */
export const dayIn = (at: number, zone: string): string => new Date(shownAt(at, zone)).toISOString().slice(0, 10)

/** When a day begins in the zone, in milliseconds since 1970. Where the clock leaves midnight out, at the end of the gap. */
export function dayBegins(day: string, zone: string): number {
  const wanted = Date.parse(`${day}T00:00:00Z`)
  // The offset may change within the day: the second guess stands on the right side of it.
  let at = wanted - (shownAt(wanted, zone) - wanted)
  at = wanted - (shownAt(at, zone) - at)
  return dayIn(at, zone) === day ? at : at + 3_600_000
}

/**
 * `2026-11-03 14:00:00` on the clocks of the zone, in milliseconds since 1970; undefined for what is no such time. Of an
 * hour that comes twice the first one is meant.
 */
export function instantOf(shown: string, zone: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/.test(shown)) return undefined
  const wanted = Date.parse(`${shown.replace(' ', 'T')}Z`)
  if (Number.isNaN(wanted)) return undefined
  // With the offsets of the day before and after, the earlier instant first: between them lies every change.
  const tries = [wanted - 86_400_000, wanted + 86_400_000].map((near) => wanted - (shownAt(near, zone) - near))
  return tries.sort((a, b) => a - b).find((at) => shownAt(at, zone) === wanted) ?? tries[0]
}

/** The day after, or so many days later. */
export const dayAfter = (day: string, days = 1): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
