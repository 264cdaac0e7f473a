import type { Context, Cursor, DataRecord, Estimate, Page } from '../../kit/connector.ts'
import { StepError } from '../../kit/errors.ts'
import { textOf } from '../../kit/fields.ts'
import { type Call, getList, type Listing } from '../client/client.ts'

/** The next run reads this much again, for changes that became visible late. The runtime drops what it has seen. */
const OVERLAP_MS = 120_000
/** Times one window is read again because something moved in it while it was read. */
const MAX_REREADS = 3
/** Records that an estimate brings along. */
const SAMPLE = 3

export type Walk = Call & {
  /** Field with the record's id. */
  readonly idField: string
  readonly pageSize: number
  /** `2026-01-31`; where a first run starts. Empty: at the beginning. */
  readonly startAt: string
}

/** A cursor as it is stored. `upTo`: all that had changed by then was read; the overlap before it is read again. */
type Start = { readonly since: string | undefined; readonly page: number; readonly upTo?: string | undefined }

/** What is asked for with one value of If-Modified-Since. */
type Window = {
  readonly since: string | undefined
  page: number
  /** Id → change time of what was read and may be read again. */
  seen: Map<string, string>
  /** How many records Xero counted in it at its first page. */
  counted: number | undefined
  /** Something moved while its pages were counted through. */
  shifted: boolean
  fingerprint: string
}

const openWindow = (since: string | undefined, page: number, seen: Map<string, string>): Window => ({
  since,
  page,
  seen,
  counted: undefined,
  shifted: false,
  fingerprint: '',
})

/**
 * Walks a list by change time rather than by page number. Counting pages over moving data loses records: one that
 * changes meanwhile goes to the end, all behind it move up one place, and the first of the next page is skipped. So each
 * request asks for what changed since the last record seen (a second less: the filter has whole seconds, and whether its
 * bound belongs to it is not documented) and takes page 1. Only when a whole page falls within that second (imports) are
 * pages counted; when a record is seen to move meanwhile, or the counts do not add up, the window is read again.
 */
export async function* walkChanges(context: Context, walk: Walk, from: Cursor | undefined): AsyncGenerator<Page> {
  const start = startOf(walk, from)
  let window = openWindow(start.since, start.page, new Map())
  /** A window of several pages that was just left, until the counts prove that nothing slipped through. */
  let left: Window | undefined
  let rereads = 0
  let serverTime: number | undefined
  let lastSeen: string | undefined

  for (;;) {
    context.signal.throwIfAborted()
    const listing = await getList(context, {
      ...walk,
      query: { ...walk.query, order: 'UpdatedDateUTC ASC', page: window.page, pageSize: walk.pageSize },
      modifiedSince: window.since,
    })
    serverTime ??= listing.serverTime
    if (left) {
      if (rereads < MAX_REREADS && !addsUp(left, window, listing)) {
        rereads += 1
        window = openWindow(left.since, 1, left.seen)
        left = undefined
        continue
      }
      left = undefined
      rereads = 0
    }

    const times = changeTimes(listing.records, walk)
    const fresh = take(window, listing, times, walk)
    const last = times.at(-1)
    if (last !== undefined && (lastSeen === undefined || last > lastSeen)) lastSeen = last
    const finished = isLast(listing, window.page, walk.pageSize, fresh.length)
    const next = last === undefined ? undefined : secondBefore(last)
    const leaves = next !== undefined && (window.since === undefined || next > window.since)

    if (finished && !(window.shifted && rereads < MAX_REREADS)) {
      yield { records: fresh, cursor: finalCursor(lastSeen, serverTime, { since: window.since, upTo: start.upTo }) }
      return
    }
    if (window.shifted && (finished || leaves) && rereads < MAX_REREADS) {
      rereads += 1
      window = openWindow(window.since, 1, window.seen)
    } else if (leaves) {
      if (window.page > 1) left = window
      window = openWindow(next, 1, new Map([...window.seen].filter(([, time]) => time >= next)))
    } else window.page += 1

    if (fresh.length > 0) {
      // While a left window is unproved, a crash must start in it again.
      const at = left ? { since: left.since ?? null, page: 1 } : { since: window.since ?? null, page: window.page }
      yield { records: fresh, cursor: at }
    }
  }
}

/**
 * How much a walk would bring and in how many calls, asked with one; undefined when Xero does not say. What the overlap
 * brings again is not counted: where nothing changed, nothing would come.
 */
export async function countChanges(
  context: Context,
  walk: Walk,
  from: Cursor | undefined,
): Promise<Estimate | undefined> {
  const {
    pagination,
    records: sample,
    serverTime,
  } = await getList(context, {
    ...walk,
    query: { ...walk.query, page: 1, pageSize: SAMPLE },
    modifiedSince: unreadSince(startOf(walk, from)),
  })
  if (!pagination) return undefined
  const records = pagination.itemCount
  return {
    records,
    calls: Math.max(1, Math.ceil(records / walk.pageSize)),
    sample,
    ...(serverTime === undefined
      ? {}
      : { latest: { since: secondBefore(new Date(serverTime).toISOString()), page: 1 } }),
  }
}

const startOf = (walk: Walk, from: Cursor | undefined): Start =>
  readCursor(from) ?? { since: walk.startAt ? new Date(walk.startAt).toISOString() : undefined, page: 1 }

/** The filter has whole seconds: what changed within that of the last record read is left to the run. */
const unreadSince = ({ since, upTo }: Start): string | undefined =>
  upTo === undefined ? since : new Date((Math.floor(Date.parse(upTo) / 1000) + 1) * 1000).toISOString()

/** Notes what a page brought, and gives what had not been read before. */
function take(window: Window, listing: Listing, times: readonly string[], walk: Walk): readonly DataRecord[] {
  const ids = listing.records.map((record, at) => textOf(record[walk.idField]) || `no id, ${times[at]}`)
  const fingerprint = ids.map((id, at) => `${id}@${times[at]}`).join()
  if (window.page > 1 && ids.length > 0 && fingerprint === window.fingerprint) {
    throw new StepError('REPLY_UNREADABLE', `Xero gave the same page twice when asked to ${walk.doing}.`)
  }
  window.fingerprint = fingerprint
  const itemCount = listing.pagination?.itemCount
  window.counted ??= itemCount
  // Fewer than counted before: one left (a draft that was deleted), and those behind it moved up.
  if (itemCount !== undefined && window.counted !== undefined && itemCount < window.counted) window.shifted = true

  return listing.records.filter((_, at) => {
    const id = ids[at]!
    const time = times[at]!
    const known = window.seen.get(id)
    if (known !== undefined && known !== time && window.page > 1) window.shifted = true
    window.seen.set(id, time)
    return known !== time
  })
}

/**
 * All that was in the window is either read or still ahead. A record that moved ahead was counted once and is now both;
 * the one that slipped over the page border is neither, and the sum is one too many.
 */
function addsUp(left: Window, ahead: Window, listing: Listing): boolean {
  const remaining = listing.pagination?.itemCount
  if (remaining === undefined || left.counted === undefined || ahead.since === undefined) return true
  const border = ahead.since
  const times = [...left.seen.values()]
  const before = times.filter((time) => time < border).length
  // Records exactly on the border are ahead if the remote's filter includes its bound, else behind.
  const onBorder = times.filter((time) => time === border).length
  return left.counted === before + remaining || left.counted === before + onBorder + remaining
}

function isLast(listing: Listing, page: number, asked: number, fresh: number): boolean {
  const { pagination, records } = listing
  if (pagination) return page >= pagination.pageCount || records.length === 0
  // Without counts: a short page could still be a cut one, so it must also have brought nothing new.
  return records.length === 0 || (records.length < asked && fresh === 0)
}

/**
 * Change time of each record as ISO text. Order is what the whole walk rests on, so it is checked. A single record
 * without its time stands where its neighbour does; it is refused by itself (shapes.ts).
 */
function changeTimes(records: readonly DataRecord[], walk: Walk): readonly string[] {
  const first = records.map(timeOf).find((time) => time !== undefined)
  if (records.length > 0 && first === undefined) {
    throw new StepError('REPLY_UNREADABLE', `Xero gave no UpdatedDateUTC when asked to ${walk.doing}.`)
  }
  let before = ''
  return records.map((record) => {
    const time = timeOf(record) ?? (before || first!)
    if (time < before) {
      throw new StepError('REPLY_UNREADABLE', `Xero did not order by change time when asked to ${walk.doing}.`)
    }
    before = time
    return time
  })
}

function timeOf({ UpdatedDateUTC: time }: DataRecord): string | undefined {
  return typeof time === 'string' && !Number.isNaN(Date.parse(time)) ? time : undefined
}

function secondBefore(time: string): string {
  return new Date(Math.floor(Date.parse(time) / 1000) * 1000 - 1000).toISOString()
}

/** Where the next run starts: never “now”, always from what was read or from Xero's own clock. */
function finalCursor(
  lastSeen: string | undefined,
  serverTime: number | undefined,
  { since, upTo }: Pick<Start, 'since' | 'upTo'>,
): Cursor {
  // Nothing read: what was asked for still holds, and must not creep backwards run by run.
  if (lastSeen === undefined && since !== undefined) {
    return { since, page: 1, ...(upTo === undefined ? {} : { upTo }) }
  }
  const known = [lastSeen === undefined ? undefined : Date.parse(lastSeen), serverTime].filter((at) => at !== undefined)
  if (known.length === 0) return { since: null, page: 1 }
  const at = Math.min(...known)
  return { since: new Date(at - OVERLAP_MS).toISOString(), page: 1, upTo: new Date(at).toISOString() }
}

function readCursor(cursor: Cursor | undefined): Start | undefined {
  if (cursor === undefined) return undefined
  const { since, page, upTo } = cursor
  if ((since !== null && typeof since !== 'string') || typeof page !== 'number') {
    throw new StepError(
      'CONFIG_INVALID',
      'The stored cursor is not one of a Xero read. Reset it to read from the start.',
    )
  }
  return { since: since ?? undefined, page, upTo: typeof upTo === 'string' ? upTo : undefined }
}
