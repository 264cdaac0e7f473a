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
  const wire = WIRE_DATE.exec(text)
  if (!wire) return text
  const at = new Date(Number(wire[1]))
  if (Number.isNaN(at.getTime())) return text
  return name.endsWith('UTC') ? at.toISOString() : at.toISOString().slice(0, 10)
}

function withoutSiblings(record: { readonly [field: string]: unknown }): { [field: string]: unknown } {
  const kept: { [field: string]: unknown } = {}
  for (const name in record) {
    if (name.endsWith('String') && name.slice(0, -6) in record && typeof record[name] === 'string') continue
    kept[name] = record[name]
  }
  return kept
}
