import { plainDecimal } from '../../kit/decimal.ts'

/** Digits that a JSON number carries without loss. */
const MOST_DIGITS = 15

/** An amount as it goes over the wire: a number; undefined for what is none, or cannot be one without losing digits. */
export function amountOf(value: unknown): number | undefined {
  const text = plainDecimal(value)
  if (text === undefined || text.replace(/^-?0*\.?0*|\./g, '').length > MOST_DIGITS) return undefined
  return Number(text)
}

/** A calendar day, YYYY-MM-DD, or the day of an instant that was written as such a day at midnight UTC. */
export function dayOf(value: unknown): string | undefined {
  const text = typeof value === 'string' ? value.trim() : ''
  const [, day] = /^(\d{4}-\d{2}-\d{2})(?:T00:00:00(?:\.0+)?Z?)?$/.exec(text) ?? []
  if (day === undefined) return undefined
  const at = Date.parse(`${day}T00:00:00Z`)
  // 31 February parses as a day of March.
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(day) ? day : undefined
}
