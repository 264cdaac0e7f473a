import { Type } from 'typebox'
import { type Context, type Cursor, type DataRecord, defineRead, type Page, type Window } from '../../kit/connector.ts'
import { fieldsOf, textOf } from '../../kit/fields.ts'
import { get, getV2, SCOPES } from '../client/client.ts'
import { withInstants } from '../read/dates.ts'
import { orderOf } from './get-orders.ts'
import { ChangedSince, PageSize } from '../read/list-settings.ts'
import { ORDER_MONEY } from '../read/money-fields.ts'
import { walkChanges } from '../read/pages.ts'
import { orderFlaw } from '../read/shapes.ts'

const permissions = [SCOPES.orders]
const DAY_MS = 86_400_000

export const listOrders = defineRead({
  name: 'list-orders',
  title: 'List orders',
  summary: 'Reads orders without their lines, at first all of them, then those that changed.',
  synonyms: ['sales', 'purchases', 'shop orders'],
  settings: Type.Object({ changedSince: ChangedSince, pageSize: PageSize }, { additionalProperties: false }),
  permissions,
  moneyFields: ORDER_MONEY,
  incremental: true,
  identify: (order) => ({
    id: textOf(order.id),
    version: textOf(order.date_modified),
    at: textOf(order.date_modified),
  }),
  flaw: orderFlaw,
  read: (context, from) =>
    walkChanges(
      context,
      {
        ...{ version: 2, path: '/v2/orders', doing: 'list orders', permissions },
        ...{ timeField: 'date_modified', sinceParameter: 'min_date_modified', sort: 'date_modified:asc' },
        ...{ pageSize: context.settings.pageSize, startAt: context.settings.changedSince },
      },
      from,
    ),
  window: { title: 'day of the order', read: madeWithin },
  single: {
    title: 'order number',
    async find(context, keys) {
      const found = new Map<string, readonly DataRecord[]>()
      for (const key of keys) {
        const order = await orderOf(context, key)
        if (order) found.set(key, [order])
      }
      return found
    },
  },
  async estimate(context, { from, window }) {
    // The count cannot be limited to a time: it is asked only for a read of everything.
    if (from || window || context.settings.changedSince !== '') return undefined
    const body = await get(context, { path: '/v2/orders/count', doing: 'count the orders', permissions })
    const { count } = fieldsOf(body)
    if (typeof count !== 'number') return undefined
    return { records: count, calls: Math.max(1, Math.ceil(count / context.settings.pageSize)) }
  },
})

/** Orders by number, which never changes: each request begins behind the last order seen. */
async function* madeWithin(
  context: Context<{ readonly pageSize: number }>,
  { from: first, to }: Window,
  from: Cursor | undefined,
): AsyncGenerator<Page> {
  let next = typeof from?.next === 'number' ? from.next : 0
  for (;;) {
    context.signal.throwIfAborted()
    const { records } = await getV2(context, {
      ...{ path: '/v2/orders', doing: 'list the orders of some days', permissions },
      query: {
        min_date_created: `${first}T00:00:00Z`,
        // To the second, and whether the bound belongs to it is not documented: what is too much is left out below.
        max_date_created: new Date(Date.parse(to) + DAY_MS).toISOString(),
        ...{ sort: 'id:asc', min_id: next, page: 1, limit: context.settings.pageSize },
      },
    })
    const ids = records.map((record) => Number(record.id)).filter(Number.isSafeInteger)
    const highest = Math.max(next - 1, ...ids)
    if (highest < next) {
      yield { records: [], cursor: { next } }
      return
    }
    next = highest + 1
    yield {
      records: records.map(withInstants).filter(({ date_created: made }) => {
        const day = textOf(made).slice(0, 10)
        // What does not say its day is refused by itself (shapes.ts).
        return Number.isNaN(Date.parse(day)) || (day >= first && day < to)
      }),
      cursor: { next },
    }
  }
}
