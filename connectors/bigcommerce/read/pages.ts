import type { Context, Cursor, DataRecord, Page } from '../../kit/connector.ts'
import { StepError } from '../../kit/errors.ts'
import { textOf } from '../../kit/fields.ts'
import { type Call, getV2, getV3, type Listing } from '../client/client.ts'
import { withInstants } from './dates.ts'

/** The next run reads this much again, for changes that became visible late. The runtime drops what it has seen. */
export const OVERLAP_MS = 120_000
/** V2 names no highest page size; a page with fewer records than the usual one is surely not cut. */
export const USUAL_PAGE = 50

export const MOST_OF_A_PAGE = 250

export type Walk = Call & {
  readonly version: 2 | 3
  /** Field of a record and parameter of the list by which it walks: when the record was changed or made. */
  readonly timeField: string
  readonly sinceParameter: string
  /** Sorting by that field, ascending; undefined where the list cannot be sorted. */
  readonly sort: string | undefined
  readonly pageSize: number
  /** `2026-01-31`; where a first run starts. Empty: at the beginning. */
  readonly startAt: string
}

type Place = { readonly since: string | undefined; readonly page: number }

/**
 * Walks a list by time. Counting pages over orders that change meanwhile shifts others over the page borders, where they
 * are lost. So each request asks for what changed since the last record seen, a second less as the bound may or may not
 * belong to it, and takes page 1; only where a whole page falls within that second are pages counted. A list that cannot
 * be sorted has to be one to which records are only added: its pages are counted through.
 */
export async function* walkChanges(context: Context, walk: Walk, from: Cursor | undefined): AsyncGenerator<Page> {
  let place = placeOf(walk, from)
  let latest: string | undefined
  const seen = new Map<string, string>()
  for (;;) {
    context.signal.throwIfAborted()
    const { records, last } = await pageAt(context, walk, place)
    const times = changeTimes(records, walk)
    const ids = records.map(({ id }, at) => textOf(id) || `no id, ${times[at]}`)
    const fresh = records.filter((_, at) => seen.get(ids[at]!) !== times[at])
    for (const [at, id] of ids.entries()) seen.set(id, times[at]!)
    for (const time of times) if (latest === undefined || time > latest) latest = time
    const finished = last ?? (records.length < Math.min(walk.pageSize, USUAL_PAGE) || fresh.length === 0)
    const next = walk.sort === undefined || latest === undefined ? undefined : before(latest, 1000)
    // V3 counts its pages from where the walk stands, so its last page is only final where page 1 was asked for.
    if (finished) {
      const since = latest === undefined ? place.since : before(latest, OVERLAP_MS)
      yield { records: fresh, cursor: { since: since ?? null, page: 1 } }
      return
    }
    place =
      next !== undefined && next > (place.since ?? '')
        ? { since: next, page: 1 }
        : { since: place.since, page: place.page + 1 }
    if (fresh.length > 0) yield { records: fresh, cursor: { since: place.since ?? null, page: place.page } }
  }
}

async function pageAt(context: Context, walk: Walk, { since, page }: Place): Promise<Listing> {
  const { version, sinceParameter, sort, pageSize, query } = walk
  const listing = await (version === 2 ? getV2 : getV3)(context, {
    ...walk,
    query: { ...query, [sinceParameter]: since, sort, page, limit: pageSize },
  })
  return { ...listing, records: listing.records.map(withInstants) }
}

/**
 * Change time of each record. A single record without its time stands where its neighbour does; it is refused by itself
 * (shapes.ts).
 */
function changeTimes(records: readonly DataRecord[], { timeField, doing }: Walk): readonly string[] {
  const known = records.map((record) => timeIn(record, timeField))
  const first = known.find((time) => time !== undefined)
  if (records.length > 0 && first === undefined) {
    throw new StepError('REPLY_UNREADABLE', `BigCommerce gave no ${timeField} to “${doing}”.`)
  }
  let before = first!
  return known.map((time) => {
    before = time ?? before
    return before
  })
}

export function timeIn(record: DataRecord, field: string): string | undefined {
  const time = textOf(record[field])
  return Number.isNaN(Date.parse(time)) ? undefined : time
}

/** To the second, as the filters have it. */
export const before = (time: string, ms: number) =>
  `${new Date(Math.floor(Date.parse(time) / 1000) * 1000 - ms).toISOString().slice(0, 19)}Z`

function placeOf(walk: Walk, cursor: Cursor | undefined): Place {
  if (cursor === undefined) {
    return { since: walk.startAt === '' ? undefined : `${walk.startAt}T00:00:00Z`, page: 1 }
  }
  const { since, page } = cursor
  if ((since !== null && typeof since !== 'string') || typeof page !== 'number') {
    throw new StepError(
      'CONFIG_INVALID',
      'The stored cursor is not one of a BigCommerce read. Reset it to read from the start.',
    )
  }
  return { since: since ?? undefined, page }
}
