import { malformed, Refused } from './answers.ts'
import { DAY, dayOf } from './clock.ts'
import type { Wire } from './wire.ts'

/** The elements of a body: {"Invoices":[...]}, a bare object or a bare list. Names match whatever their case. */
export function elementsOf(body: string, key: string): Wire[] {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    throw new Refused(malformed('The request body is not valid JSON.'))
  }
  if (isWire(value) && field(value, key) !== undefined) value = field(value, key)
  const list = Array.isArray(value) ? value : [value]
  if (list.length === 0 || !list.every(isWire)) {
    throw new Refused(malformed(`The request body holds no ${key} that could be read.`))
  }
  return list
}

export function isWire(value: unknown): value is Wire {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A member by name, whatever its case. Null counts as absent. */
export function field(element: Wire, name: string): unknown {
  const exact = element[name]
  if (exact !== undefined) return exact === null ? undefined : exact
  const lower = name.toLowerCase()
  const key = Object.keys(element).find((candidate) => candidate.toLowerCase() === lower)
  return key === undefined ? undefined : (element[key] ?? undefined)
}

export function textField(element: Wire, name: string): string | undefined {
  const value = field(element, name)
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : undefined
}

export function objectField(element: Wire, name: string): Wire | undefined {
  const value = field(element, name)
  return isWire(value) ? value : undefined
}

export function listField(element: Wire, name: string): Wire[] | undefined {
  const value = field(element, name)
  return Array.isArray(value) ? value.filter(isWire) : undefined
}

/**
 * A calendar day: YYYY-MM-DD, a date and time (converted to UTC first, so local midnight east of Greenwich becomes the
 * day before, as in Xero) or /Date(ms)/. Undefined when absent; other text is refused.
 */
export function dayField(element: Wire, name: string): number | undefined {
  const value = field(element, name)
  if (value === undefined || value === '') return undefined
  const text = String(value)
  const ms = /^\/Date\((-?\d+)([+-]\d{4})?\)\/$/.exec(text)
  if (ms) return Math.floor(Number(ms[1]) / DAY)
  const day = /^\d{4}-\d\d-\d\d$/.test(text) ? dayOf(text) : Number.NaN
  const zoned = /[zZ]$|[+-]\d\d:?\d\d$/.test(text) ? text : `${text}Z`
  const found = Number.isNaN(day) ? Math.floor(Date.parse(zoned) / DAY) : day
  if (Number.isNaN(found)) throw new Refused(malformed(`Invalid date '${text}' in ${name}.`))
  return found
}
