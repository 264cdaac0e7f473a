import { apiError, badQuery, Refused } from './answers.ts'
import type { Table } from './table.ts'
import type { Fields, Value } from './where.ts'
import { parseWhere } from './where.ts'
import type { Pagination } from './wire.ts'

/** Query parameters as they came, names in lower case. Xero ignores those it does not know. */
export type Query = { readonly [name: string]: string | undefined }

export type Listing<T> = { readonly records: readonly T[]; readonly pagination?: Pagination }

export type ListOptions<T> = {
  readonly fields: Fields<T>
  /** Tests beyond `where`: id lists, statuses, archived or not. All must hold. */
  readonly tests: readonly ((record: T) => boolean)[]
  readonly paged: boolean
  /** Refuse to look through more records than this. */
  readonly highVolume: number
}

/** One page, or everything, in the asked-for order: UpdatedDateUTC ascending and then id when nothing is asked. */
export function list<T extends { readonly id: string; updated: number }>(
  table: Table<T>,
  query: Query,
  ifModifiedSince: string | undefined,
  options: ListOptions<T>,
): Listing<T> {
  const tests = [...options.tests]
  if (query.where?.trim()) tests.push(parseWhere(query.where, options.fields))
  const first = ifModifiedSince === undefined ? 0 : table.since(modifiedSince(ifModifiedSince))
  const all = table.ordered
  if (all.length - first > options.highVolume) {
    throw new Refused(
      apiError(
        51,
        'HighVolumeException',
        `The request would look through more than ${options.highVolume} records; narrow it.`,
      ),
    )
  }
  const { page, pageSize } = paging(query)
  const plain = tests.length === 0 && !query.order?.trim()
  let matching: readonly T[] = all
  let start = first
  if (!plain) {
    const found: T[] = []
    for (let i = first; i < all.length; i++) {
      const record = all[i]
      if (record !== undefined && tests.every((test) => test(record))) found.push(record)
    }
    matching = query.order?.trim() ? ordered(found, query.order, options.fields) : found
    start = 0
  }
  if (!options.paged) return { records: start === 0 ? matching : matching.slice(start) }
  const itemCount = matching.length - start
  const from = start + (page - 1) * pageSize
  return {
    records: matching.slice(from, from + pageSize),
    pagination: { page, pageSize, pageCount: Math.ceil(itemCount / pageSize), itemCount },
  }
}

/** page is 1-based; pageSize 1 to 1000, 100 when absent; out of range is clamped, and it counts only beside page. */
function paging(query: Query): { page: number; pageSize: number } {
  const page = wholeNumber(query.page) ?? 1
  const pageSize = query.page === undefined ? 100 : (wholeNumber(query.pagesize) ?? 100)
  return { page: Math.max(1, page), pageSize: Math.min(1000, Math.max(1, pageSize)) }
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^-?\d{1,9}$/.test(text.trim()) ? Number(text) : undefined
}

/**
 * UTC, with or without Z and milliseconds, or an HTTP date; compared at one second's precision and inclusive (Xero
 * does not say which). MS-JSON dates are refused: a sandbox that ignored them would hide the mistake.
 */
function modifiedSince(text: string): number {
  const iso = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?)?Z?$/.exec(text.trim())
  const instant = iso
    ? Date.parse(`${text.trim().replace(/Z$/, '')}${text.includes('T') ? 'Z' : ''}`)
    : Date.parse(text)
  if (Number.isNaN(instant)) throw new Refused(badQuery(`If-Modified-Since '${text}' is no UTC date and time.`))
  return Math.floor(instant / 1000) * 1000
}

function ordered<T extends { readonly id: string }>(records: T[], order: string, fields: Fields<T>): T[] {
  const byName = new Map(Object.entries(fields).map(([name, read]) => [name.toLowerCase(), read]))
  const keys = order.split(',').map((part) => {
    const [name = '', direction = 'ASC'] = part.trim().split(/\s+/)
    const read = byName.get(name.toLowerCase())
    if (!read) throw new Refused(badQuery(`No property or field '${name}' exists to order by.`))
    return { read, sign: direction.toUpperCase().startsWith('DESC') ? -1 : 1 }
  })
  return records.sort((a, b) => {
    for (const { read, sign } of keys) {
      const difference = compare(read(a), read(b))
      if (difference !== 0) return sign * difference
    }
    return a.id < b.id ? -1 : 1
  })
}

function compare(a: Value, b: Value): number {
  if (a === b) return 0
  if (a === null) return -1
  if (b === null) return 1
  return a < b ? -1 : 1
}

/** A comma list, whatever its case; undefined when the parameter is absent or empty. */
export function setOf(text: string | undefined): ReadonlySet<string> | undefined {
  if (!text?.trim()) return undefined
  return new Set(text.split(',').map((part) => part.trim().toLowerCase()))
}

export const isTrue = (text: string | undefined): boolean => text?.toLowerCase() === 'true'
