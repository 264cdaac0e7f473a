import type { FastifyInstance, FastifyReply } from 'fastify'
import { amountsOf } from './amounts.ts'
import { centsIn, isAmong, onlyV2, pageFrom, pageOf, type Query, timeIn, wholeSecond } from './listing.ts'
import { wireAddresses, wireCoupons, wireFees, wireShipments, wireTaxes } from './order-parts.ts'
import { Refused } from './refused.ts'
import type { Order, Store } from './store.ts'
import { cartOf, STATUS_NAMES, wireLines, wireOrder } from './wire.ts'

type Asked = { Querystring: Query; Params: { id: string } }

/** Filters of orders; `is_deleted` is in older editions of the reference only. */
const FILTERS = [
  ...['min_id', 'max_id', 'min_total', 'max_total', 'customer_id', 'email', 'status_id', 'cart_id', 'payment_method'],
  ...['min_date_created', 'max_date_created', 'min_date_modified', 'max_date_modified', 'channel_id'],
  ...['external_order_id', 'is_deleted'],
]

/** Lists below an order. */
const PARTS: { readonly [name: string]: (store: Store, order: Order) => readonly unknown[] } = {
  products: wireLines,
  shipping_addresses: (_, order) => wireAddresses(order),
  coupons: (_, order) => wireCoupons(order),
  taxes: (_, order) => wireTaxes(order),
  fees: (_, order) => wireFees(order),
  shipments: (_, order) => wireShipments(order),
}

/** V2: bare arrays, and no body at all for nothing. */
export function v2Routes(app: FastifyInstance, store: Store): void {
  const orderOf = (id: string): Order => {
    const order = store.orders.get(Number(id))
    if (!order) throw new Refused(404, 'The requested resource was not found.')
    return order
  }
  const found = (query: Query) => [...store.orders.values()].filter((order) => wanted(order, query))

  app.get('/v2/store', async () => ({
    ...{
      id: store.hash,
      name: 'Sandbox Shop',
      domain: 'shop.example',
      currency: store.currency,
      timezone: { name: 'UTC' },
    },
  }))
  app.get<Asked>('/v2/orders/count', async ({ query }) => {
    onlyV2(query, FILTERS)
    const all = found(query)
    return {
      statuses: Object.entries(STATUS_NAMES).map(([id, name]) => ({
        ...{ id: Number(id), name },
        count: all.filter(({ status }) => status === Number(id)).length,
      })),
      count: all.length,
    }
  })
  app.get('/v2/order_statuses', async () =>
    Object.entries(STATUS_NAMES).map(([id, name]) => ({ id: Number(id), name, order: Number(id) })),
  )
  app.get<Asked>('/v2/orders', async ({ query }, reply) => {
    onlyV2(query, [...FILTERS, 'sort', 'include'])
    const include = includeOf(query)
    return listOrNothing(
      reply,
      pageFrom(sorted(found(query), query.sort ?? 'id:asc'), pageOf(query)).map((order) => include(store, order)),
    )
  })
  app.get<Asked>('/v2/orders/:id', async ({ params, query }) => {
    onlyV2(query, ['include'])
    return includeOf(query)(store, orderOf(params.id))
  })
  for (const [name, part] of Object.entries(PARTS)) {
    app.get<Asked>(`/v2/orders/:id/${name}`, async ({ params, query }, reply) => {
      onlyV2(query, [])
      return listOrNothing(reply, pageFrom(part(store, orderOf(params.id)), pageOf(query)))
    })
  }
}

const listOrNothing = (reply: FastifyReply, list: readonly unknown[]) =>
  list.length === 0 ? reply.code(204).send() : reply.send(list)

/** `include=fees`; consignments, the other one there is, are not kept here. */
function includeOf(query: Query) {
  if (query.include !== undefined && query.include !== 'fees') {
    throw new Refused(400, `The sandbox includes fees, not '${query.include}'.`)
  }
  return (store: Store, order: Order) => ({
    ...wireOrder(store, order),
    ...(query.include === 'fees' ? { fees: wireFees(order) } : {}),
  })
}

function wanted(order: Order, query: Query): boolean {
  const made = wholeSecond(order.madeAt)
  const changed = wholeSecond(order.changedAt)
  const { gross } = amountsOf(order)
  return (
    order.deleted === (query.is_deleted === 'true') &&
    order.id >= Number(query.min_id ?? 0) &&
    order.id <= Number(query.max_id ?? Number.MAX_SAFE_INTEGER) &&
    gross >= centsIn(query, 'min_total', 0) &&
    gross <= centsIn(query, 'max_total', Number.MAX_SAFE_INTEGER) &&
    made >= timeIn(query, 'min_date_created', 0) &&
    made <= timeIn(query, 'max_date_created', Number.MAX_SAFE_INTEGER) &&
    changed >= timeIn(query, 'min_date_modified', 0) &&
    changed <= timeIn(query, 'max_date_modified', Number.MAX_SAFE_INTEGER) &&
    isAmong(query, 'status_id', order.status) &&
    (query.customer_id === undefined || order.customer === Number(query.customer_id)) &&
    (query.channel_id === undefined || (order.channel ?? 1) === Number(query.channel_id)) &&
    (query.email === undefined || order.email === query.email) &&
    (query.cart_id === undefined || cartOf(order) === query.cart_id) &&
    (query.payment_method === undefined || (order.paymentMethod ?? 'Credit Card') === query.payment_method) &&
    (query.external_order_id === undefined || (order.externalId ?? '') === query.external_order_id)
  )
}

const SORTS: { readonly [field: string]: (order: Order) => number } = {
  id: ({ id }) => id,
  customer_id: ({ customer }) => customer,
  date_created: ({ madeAt }) => wholeSecond(madeAt),
  date_modified: ({ changedAt }) => wholeSecond(changedAt),
  status_id: ({ status }) => status,
  channel_id: ({ channel = 1 }) => channel,
}

function sorted(orders: Order[], by: string): readonly Order[] {
  const [field = '', direction = 'asc'] = by.split(':')
  const of = SORTS[field]
  if (!of) throw new Refused(400, `The field '${field}' cannot be sorted by.`)
  return orders.sort((a, b) => (direction === 'desc' ? of(b) - of(a) : of(a) - of(b)))
}
