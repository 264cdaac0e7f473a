import type { DataRecord } from '../../kit/connector.ts'

/** V2 writes times after RFC 2822, V3 after RFC 3339; here both become `2026-11-22T09:15:00.000Z`. */
const FIELDS = ['date_created', 'date_modified', 'date_shipped', 'created'] as const

/** The record with its own times (not those of parts of it) as instants in UTC. A time nobody can read stays as it is. */
export function withInstants(record: DataRecord): DataRecord {
  const times = FIELDS.flatMap((name) => {
    const at = typeof record[name] === 'string' ? Date.parse(record[name]) : Number.NaN
    return Number.isNaN(at) ? [] : [[name, new Date(at).toISOString()] as const]
  })
  return { ...record, ...Object.fromEntries(times) }
}
