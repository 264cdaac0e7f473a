/**
 * Xero writes two different things as `/Date(ms+0000)/`: instants (names ending in UTC) and calendar days of the
 * organisation, as midnight UTC of that day. A day must never be shifted by a zone, so it becomes `2026-11-03`; an
 * instant becomes `2026-11-21T02:14:09.310Z`. The text siblings (`DateString`) say the same again and are dropped.
 */
const WIRE_DATE = /^\/Date\((-?\d+)(?:[+-]\d{4})?\)\/$/

/** Converts in place where it can; gives the record to use. */
export function withPlainDates(value: unknown): unknown {
  if (typeof value === 'string') return value
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at++) value[at] = withPlainDates(value[at])
    return value
  }
  // JSON objects are bags of fields.
  const record = value as { [field: string]: unknown }
  let siblings = false
  for (const name in record) {
    const field = record[name]
    if (typeof field === 'string') {
      if (field.startsWith('/Date(')) record[name] = plainDate(name, field)
      else if (name.endsWith('String') && name.slice(0, -6) in record) siblings = true
    } else if (typeof field === 'object' && field !== null) record[name] = withPlainDates(field)
  }
  // A fresh object instead of `delete`, which would make V8 keep the record as a slow dictionary.
  return siblings ? withoutSiblings(record) : record
}

/** An instant of the wire in milliseconds since 1970, UTC. */
export function instantOf(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined
  const wire = WIRE_DATE.exec(value)
  const at = wire ? Number(wire[1]) : Date.parse(value)
  return Number.isFinite(at) ? at : undefined
}

function plainDate(name: string, text: string): string {
  if (!WIRE_DATE.test(text)) return text
  // parseInt stops before the zone or the bracket; a match of the pattern would be a list to be thrown away.
  const at = Number.parseInt(text.slice('/Date('.length), 10)
  if (Math.abs(at) > MAX_TIME) return text
  return name.endsWith('UTC') ? instantText(at) : dayText(Math.floor(at / DAY_MS))
}

const DAY_MS = 86_400_000
/** The last instant that a Date can hold. */
const MAX_TIME = 8.64e15

// toISOString takes 2 to 3 µs, which with five dates a record was half the time of reading a page. Documents share few
// days, so the day is remembered and the time of day written by hand: 30 ms → 6 ms for 1,000 invoices.
const days = new Map<number, string>()
const MOST_DAYS = 10_000

function dayText(day: number): string {
  const known = days.get(day)
  if (known !== undefined) return known
  const text = new Date(day * DAY_MS).toISOString().slice(0, -14)
  if (days.size >= MOST_DAYS) days.clear()
  days.set(day, text)
  return text
}

function instantText(at: number): string {
  const day = Math.floor(at / DAY_MS)
  const ms = at - day * DAY_MS
  const h = Math.floor(ms / 3_600_000)
  const m = Math.floor(ms / 60_000) % 60
  const s = Math.floor(ms / 1000) % 60
  return `${dayText(day)}T${two(h)}:${two(m)}:${two(s)}.${String(ms % 1000).padStart(3, '0')}Z`
}

const two = (n: number) => (n < 10 ? `0${n}` : `${n}`)

function withoutSiblings(record: { readonly [field: string]: unknown }): { [field: string]: unknown } {
  const kept: { [field: string]: unknown } = {}
  for (const name in record) {
    if (name.endsWith('String') && name.slice(0, -6) in record && typeof record[name] === 'string') continue
    kept[name] = record[name]
  }
  return kept
}
