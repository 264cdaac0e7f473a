// Wall-clock times of a zone as instants, and back. A local time is carried as the instant it would be in UTC.

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000

const formats = new Map<string, Intl.DateTimeFormat>()

/** How far a zone's clock is ahead of UTC at an instant, in milliseconds. @throws RangeError for an unknown zone. */
export function offsetAt(zone: string, instant: number): number {
  let format = formats.get(zone)
  if (!format) {
    // Swedish writes dates the ISO way: 2026-03-29 02:00:00.
    format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' })
    formats.set(zone, format)
  }
  const local = Date.parse(`${format.format(instant).replace(' ', 'T')}Z`)
  return local - Math.floor(instant / 1000) * 1000
}

/**
 * The instant at which a zone's clock first shows a local time, or has passed it: a time that the clock leaves out comes
 * at the end of the gap, one that it shows twice comes the first time.
 */
export function instantOf(zone: string, local: number): number {
  // Zones change their clocks months apart, and are at most 14 hours from UTC: a day on either side is safe.
  const [before, after] = [offsetAt(zone, local - DAY_MS), offsetAt(zone, local + DAY_MS)]
  if (before === after) return local - before
  for (const offset of [before, after].sort((a, b) => b - a)) {
    if (offsetAt(zone, local - offset) === offset) return local - offset
  }
  // In a gap, so the clock changes in between: halve down to the minute.
  let [low, high] = [local - DAY_MS, local + DAY_MS]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (offsetAt(zone, middle) === before) low = middle
    else high = middle
  }
  return high
}

/** `2026-03-29T06:00:00+01:00` */
export function localText(zone: string, instant: number): string {
  const offset = offsetAt(zone, instant)
  const minutes = Math.abs(offset) / MINUTE_MS
  const two = (number: number) => String(Math.floor(number)).padStart(2, '0')
  const local = new Date(instant + offset).toISOString().slice(0, 19)
  return `${local}${offset < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`
}
