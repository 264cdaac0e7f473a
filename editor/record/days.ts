import { dateFormatter } from '../format/formatters.ts'
import { preferred, sayDate } from '../format/preferred.ts'

const long = (zone: string | undefined, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
  dateFormatter('en-GB', { timeZone: zone, ...options })

/**
 * The day of a moment in the reader's zone, in words: “Tuesday 3 November 2026”. With dates of their own choice
 * “Tuesday 2026-11-03”.
 */
export function dayOf(at: string, zone: string | undefined = preferred().zone): string {
  const moment = new Date(at)
  const parts = long(zone, { year: 'numeric', month: 'numeric', day: 'numeric' }).formatToParts(moment)
  const part = (type: string): number => Number(parts.find((one) => one.type === type)?.value)
  const own = sayDate(part('year'), part('month'), part('day'))
  if (own !== undefined) return `${long(zone, { weekday: 'long' }).format(moment)} ${own}`
  return long(zone, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }).format(moment)
}
