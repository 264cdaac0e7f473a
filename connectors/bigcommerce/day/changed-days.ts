import type { Context, Cursor, DataRecord } from '../../kit/connector.ts'
import { StepError } from '../../kit/errors.ts'
import { textOf } from '../../kit/fields.ts'
import { dayIn } from '../../kit/zoned-day.ts'
import { getV2, getV3 } from '../client/client.ts'
import { withInstants } from '../read/dates.ts'
import { dayOf, type WholeDays } from './days.ts'
import { before, OVERLAP_MS, timeIn, walkChanges, type Walk } from '../read/pages.ts'

/** Where each list of changes stands, and what of it was seen at its end: those come again with the next look. */
export type Changes = { readonly [list in List]?: { readonly cursor: Cursor; readonly seen: readonly string[] } }

type List = 'orders' | 'archived' | 'refunds'

type Found = {
  readonly days: Set<string>
  /** What changed and does not say on which day it was made; refused by itself (shapes.ts). */
  readonly strange: readonly DataRecord[]
  readonly changes: Changes
  /** What day it is there. */
  readonly today: string
}

const LISTS: { readonly [list in List]: (of: WholeDays) => Walk } = {
  orders: (of) => ordersChanged(of, 'false'),
  // Archived orders are left out of lists unless they are asked for.
  archived: (of) => ordersChanged(of, 'true'),
  refunds: ({ permissions, pageSize }) => ({
    ...{ version: 3, path: '/v3/orders/payment_actions/refunds', doing: 'list new refunds', permissions },
    ...{ timeField: 'created', sinceParameter: 'created:min', sort: undefined, pageSize, startAt: '' },
  }),
}

const ordersChanged = ({ permissions, pageSize }: WholeDays, deleted: string): Walk => ({
  ...{ version: 2, path: '/v2/orders', doing: 'list changed orders', permissions, query: { is_deleted: deleted } },
  ...{ timeField: 'date_modified', sinceParameter: 'min_date_modified', sort: 'date_modified:asc' },
  ...{ pageSize, startAt: '' },
})

/** More is not kept: it would only be read once more. */
const MOST_SEEN = 1000
/** Numbers of one question; its address stays short. */
const ORDERS_AT_ONCE = 100

/** Where to look for changes from, when everything is about to be read: at the newest change there is. */
export async function changesFrom(context: Context, of: WholeDays): Promise<Omit<Found, 'days'>> {
  const clock = watchClock(context, of)
  const { records } = await getV2(clock.context, {
    ...{ path: '/v2/orders', doing: 'find the newest change', permissions: of.permissions },
    query: { sort: 'date_modified:desc', page: 1, limit: 10 },
  })
  const newest = records.map((order) => timeIn(withInstants(order), 'date_modified')).find((time) => time !== undefined)
  // What changed so shortly before that it may become visible late is known already, and days come once.
  const since = newest === undefined ? null : before(newest, OVERLAP_MS)
  const at = { cursor: { since, page: 1 }, seen: [] }
  const { changes, strange } = await changed(clock.context, of, { orders: at, archived: at, refunds: at })
  return { changes, strange, today: clock.today() }
}

/** The days of which an order or a refund is new or changed, and where to look from the next time. */
export async function changedDays(context: Context, of: WholeDays, from: Changes): Promise<Found> {
  const clock = watchClock(context, of)
  const { days, orders, changes, strange } = await changed(clock.context, of, from)
  for (const refund of await refundsOf(clock.context, of, orders)) addDay(refund, 'refund', of, days, strange)
  return { days, strange, changes, today: clock.today() }
}

async function changed(context: Context, of: WholeDays, from: Changes) {
  const days = new Set<string>()
  const strange: DataRecord[] = []
  const orders = new Set<string>()
  const changes: { [list in List]?: { cursor: Cursor; seen: readonly string[] } } = {}
  for (const list of ['orders', 'archived', 'refunds'] as const) {
    const walk = LISTS[list](of)
    const known = new Set(from[list]?.seen ?? [])
    const seen: { readonly at: string; readonly name: string }[] = []
    let cursor = from[list]?.cursor
    for await (const page of walkChanges(context, walk, cursor)) {
      for (const record of page.records) {
        const at = textOf(record[walk.timeField])
        const name = `${textOf(record.id)} ${at}`
        seen.push({ at, name })
        if (known.has(name)) continue
        addDay(record, list === 'refunds' ? 'refund' : 'order', of, days, strange)
        if (list !== 'refunds') orders.add(textOf(record.id))
      }
      cursor = page.cursor
    }
    const since = textOf(cursor?.since).slice(0, 19)
    const again = seen.filter(({ at }) => at >= since).map(({ name }) => name)
    if (cursor) changes[list] = { cursor, seen: again.length > MOST_SEEN ? [] : again }
  }
  return { days, orders: [...orders], changes, strange }
}

function addDay(
  record: DataRecord,
  kind: 'order' | 'refund',
  of: WholeDays,
  days: Set<string>,
  strange: DataRecord[],
): void {
  const day = dayOf(kind === 'order' ? record.date_created : record.created, of)
  if (day !== undefined) days.add(day)
  else strange.push({ ...record, kind, document: `${kind} ${textOf(record.id)}`, day: '' })
}

/** An order that stops to count changes the days of its refunds as well. */
async function refundsOf(context: Context, of: WholeDays, orders: readonly string[]): Promise<readonly DataRecord[]> {
  const refunds: DataRecord[] = []
  for (let from = 0; from < orders.length; from += ORDERS_AT_ONCE) {
    const asked = orders.slice(from, from + ORDERS_AT_ONCE).join(',')
    for (let page = 1, last = false; !last; page++) {
      const { permissions, pageSize } = of
      const listing = await getV3(context, {
        ...{ path: '/v3/orders/payment_actions/refunds', doing: 'list the refunds of changed orders', permissions },
        query: { 'order_id:in': asked, page, limit: pageSize },
      })
      refunds.push(...listing.records)
      last = listing.last !== false
    }
  }
  return refunds
}

/** What day it is there, by the clock of whoever answered last. */
function watchClock(context: Context, { zone }: WholeDays) {
  let at = Number.NaN
  const http: Context['http'] = {
    send: async (request) => {
      const answer = await context.http.send(request)
      at = Date.parse(textOf(answer.headers.date))
      return answer
    },
  }
  return {
    context: { ...context, http },
    today() {
      if (Number.isNaN(at)) throw new StepError('REPLY_UNREADABLE', 'BigCommerce did not say what time it is.')
      return dayIn(at, zone)
    },
  }
}
