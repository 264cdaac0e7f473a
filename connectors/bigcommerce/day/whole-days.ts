import type { Context, Cursor, DataRecord, Page } from '../../kit/connector.ts'
import { StepError } from '../../kit/errors.ts'
import { textOf } from '../../kit/fields.ts'
import { dayAfter, dayBegins } from '../../kit/zoned-day.ts'
import { getV2, getV3 } from '../client/client.ts'
import { type Changes, changedDays, changesFrom } from './changed-days.ts'
import { withInstants } from '../read/dates.ts'
import { dayOf, type WholeDays } from './days.ts'
import { orderOf } from '../order/get-orders.ts'
import { USUAL_PAGE } from '../read/pages.ts'

/** Days from `from`, up to but without `to`; an empty `from` is the first there is. */
type Span = { readonly from: string; readonly to: string }

type Place = {
  readonly changes: Changes
  /** Days that changed before they were over: they come when they are. */
  readonly open: readonly string[]
  /** What is still to be read, the first of them at `part` and `next`. */
  readonly spans: readonly Span[]
  readonly part: Part
  readonly next: number
}

/** The lists of a span, in the order in which they are read. */
const PARTS = ['orders', 'archived', 'refunds'] as const
type Part = (typeof PARTS)[number]
const BEGIN = { part: 'orders', next: 0 } as const

/** All orders and refunds of every day of which something changed, once it is over. The first time: of all days. */
export async function* walkWholeDays(context: Context, of: WholeDays, from: Cursor | undefined): AsyncGenerator<Page> {
  if (from === undefined) {
    const { today, changes } = await changesFrom(context, of)
    yield* readSpans(context, of, { changes, open: [today], spans: [{ from: of.startAt, to: today }], ...BEGIN })
    return
  }
  let place = placeOf(from)
  if (place.spans.length === 0) {
    const { days, strange, changes, today } = await changedDays(context, of, place.changes)
    const due = [...new Set([...place.open, ...days])].filter((day) => day >= of.startAt).sort()
    const spans = spansOf(due.filter((day) => day < today))
    place = { changes, open: due.filter((day) => day >= today), spans, ...BEGIN }
    // A day of which nothing is left would not come at all.
    yield { records: [...spans.flatMap(markersOf), ...strange], cursor: place }
  }
  yield* readSpans(context, of, place)
}

/** All of the days of a window, whatever changed; those that are not over are left out. */
export async function* windowOfDays(
  context: Context,
  of: WholeDays,
  window: Span,
  from: Cursor | undefined,
): AsyncGenerator<Page> {
  let place: Place
  if (from === undefined) {
    const { today } = await changesFrom(context, of)
    const span = { from: window.from, to: window.to < today ? window.to : today }
    place = { changes: {}, open: [], spans: span.from < span.to ? [span] : [], ...BEGIN }
    yield { records: markersOf(span), cursor: place }
  } else place = placeOf(from)
  yield* readSpans(context, of, place)
}

/** All of one day, over or not. */
export const readDay = (context: Context, of: WholeDays, day: string) =>
  readSpans(context, of, { changes: {}, open: [], spans: [{ from: day, to: dayAfter(day) }], ...BEGIN })

async function* readSpans(context: Context, of: WholeDays, from: Place): AsyncGenerator<Page> {
  let place = from
  for (let span = place.spans[0]; span; span = place.spans[0]) {
    context.signal.throwIfAborted()
    const { records, next } = await (place.part === 'refunds' ? refundsOf : ordersOf)(context, of, span, place)
    const following = PARTS[PARTS.indexOf(place.part) + 1]
    if (next !== undefined) place = { ...place, next }
    else if (following) place = { ...place, part: following, next: following === 'refunds' ? 1 : 0 }
    else place = { ...place, spans: place.spans.slice(1), ...BEGIN }
    yield { records, cursor: place }
  }
}

type Dated = DataRecord & { readonly day: string }
type Read = { readonly records: readonly Dated[]; readonly next: number | undefined }

/**
 * Orders by number, which never changes: each request begins behind the last order seen. One whose time cannot be read
 * counts for the first day that was asked for; it is refused by itself (shapes.ts).
 */
async function ordersOf(context: Context, of: WholeDays, span: Span, { part, next }: Place): Promise<Read> {
  const { records } = await getV2(context, {
    ...{ path: '/v2/orders', doing: 'list the orders of whole days', permissions: of.permissions },
    query: {
      ...(span.from === '' ? {} : { min_date_created: instant(dayBegins(span.from, of.zone)) }),
      max_date_created: instant(dayBegins(span.to, of.zone)),
      ...{ is_deleted: String(part === 'archived'), sort: 'id:asc', min_id: next, page: 1, limit: of.pageSize },
    },
  })
  const highest = Math.max(next - 1, ...records.map(({ id }) => Number(id)).filter(Number.isSafeInteger))
  return {
    records: inSpan(
      records.map(withInstants).map((order) => ({
        ...order,
        ...{ kind: 'order', document: `order ${textOf(order.id)}`, day: dayOf(order.date_created, of) ?? span.from },
      })),
      span,
    ),
    next: records.length < Math.min(of.pageSize, USUAL_PAGE) || highest < next ? undefined : highest + 1,
  }
}

/** Refunds of the days, each with the order that it is for. */
async function refundsOf(context: Context, of: WholeDays, span: Span, { next: page }: Place): Promise<Read> {
  const { records, last } = await getV3(context, {
    ...{
      path: '/v3/orders/payment_actions/refunds',
      doing: 'list the refunds of whole days',
      permissions: of.permissions,
    },
    query: {
      ...(span.from === '' ? {} : { 'created:min': instant(dayBegins(span.from, of.zone)) }),
      'created:max': instant(dayBegins(span.to, of.zone)),
      ...{ page, limit: of.pageSize },
    },
  })
  const refunds = inSpan(
    records.map(withInstants).map(
      (refund): Dated => ({
        ...refund,
        ...{ kind: 'refund', document: `refund ${textOf(refund.id)}`, day: dayOf(refund.created, of) ?? span.from },
      }),
    ),
    span,
  )
  const orders = new Map<string, DataRecord | null>()
  for (const { order_id: id } of refunds) {
    if (!orders.has(textOf(id))) orders.set(textOf(id), (await orderOf(context, textOf(id))) ?? null)
  }
  return {
    records: refunds.map((refund) => ({ ...refund, order: orders.get(textOf(refund.order_id)) ?? null })),
    next: last === false ? page + 1 : undefined,
  }
}

const markersOf = ({ from, to }: Span): readonly DataRecord[] => {
  const days: string[] = []
  for (let day = from; day < to; day = dayAfter(day)) days.push(day)
  return days.map((day) => ({ kind: 'day', document: `day ${day}`, day }))
}

/** Days that follow each other are asked for together. */
export function spansOf(days: readonly string[]): readonly Span[] {
  const spans: Span[] = []
  for (const day of days) {
    const last = spans.at(-1)
    if (last?.to === day) spans[spans.length - 1] = { from: last.from, to: dayAfter(day) }
    else spans.push({ from: day, to: dayAfter(day) })
  }
  return spans
}

const instant = (at: number) => `${new Date(at).toISOString().slice(0, 19)}Z`

// Whether a bound belongs to what it bounds is not documented.
const inSpan = <R extends { readonly day: string }>(records: readonly R[], { from, to }: Span): readonly R[] =>
  records.filter(({ day }) => day >= from && day < to)

function placeOf(cursor: Cursor): Place {
  const { changes, open, spans, part, next } = cursor
  const lists = Array.isArray(open) && Array.isArray(spans)
  if (!lists || typeof next !== 'number' || !PARTS.some((one) => one === part)) {
    throw new StepError(
      'CONFIG_INVALID',
      'The stored cursor is not one of whole days. Reset it to read from the start.',
    )
  }
  // Written by this file.
  return { changes: changes as Changes, open, spans: spans as Span[], part: part as Part, next }
}
