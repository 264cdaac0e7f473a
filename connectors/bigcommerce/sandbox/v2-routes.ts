import type { FastifyInstance, FastifyReply } from 'fastify'
import { oneOf, pageFrom, pageOf, type Query, Refused, timeIn, wholeSecond } from './listing.ts'
import type { Order, Store } from './store.ts'
import { STATUS_NAMES, wireLines, wireOrder } from './wire.ts'

type Asked = { Querystring: Query; Params: { id: string } }

/** V2: bare arrays, and no body at all for nothing. */
export function v2Routes(app: FastifyInstance, store: Store): void {
  const orderOf = (id: string): Order => {
    const order = store.orders.get(Number(id))
    if (!order) throw new Refused(404, 'The requested resource was not found.')
    return order
  }

  app.get('/v2/store', async () => ({
    ...{
      id: store.hash,
      name: 'Sandbox Shop',
      domain: 'shop.example',
      currency: store.currency,
      timezone: { name: 'UTC' },
    },
  }))
  app.get('/v2/orders/count', async () => {
    const all = [...store.orders.values()].filter(({ deleted }) => !deleted)
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
    const found = sorted(
      [...store.orders.values()].filter((order) => wanted(order, query)),
      query.sort ?? 'id:asc',
    )
    return listOrNothing(
      reply,
      pageFrom(found, pageOf(query)).map((order) => wireOrder(store, order)),
    )
  })
  app.get<Asked>('/v2/orders/:id', async ({ params }) => wireOrder(store, orderOf(params.id)))
  app.get<Asked>('/v2/orders/:id/products', async ({ params, query }, reply) =>
    listOrNothing(reply, pageFrom(wireLines(store, orderOf(params.id)), pageOf(query))),
  )
}

const listOrNothing = (reply: FastifyReply, list: readonly unknown[]) =>
  list.length === 0 ? reply.code(204).send() : reply.send(list)

function wanted(order: Order, query: Query): boolean {
  const made = wholeSecond(order.madeAt)
  const changed = wholeSecond(order.changedAt)
  const status = oneOf(query, 'status_id')
  return (
    order.deleted === (query.is_deleted === 'true') &&
    order.id >= Number(query.min_id ?? 0) &&
    order.id <= Number(query.max_id ?? Number.MAX_SAFE_INTEGER) &&
    made >= timeIn(query, 'min_date_created', 0) &&
    made <= timeIn(query, 'max_date_created', Number.MAX_SAFE_INTEGER) &&
    changed >= timeIn(query, 'min_date_modified', 0) &&
    changed <= timeIn(query, 'max_date_modified', Number.MAX_SAFE_INTEGER) &&
    (status === undefined || status.has(String(order.status))) &&
    (query.customer_id === undefined || order.customer === Number(query.customer_id)) &&
    (query.email === undefined || order.email === query.email)
  )
}

const SORTS: { readonly [field: string]: (order: Order) => number } = {
  id: ({ id }) => id,
  customer_id: ({ customer }) => customer,
  date_created: ({ madeAt }) => wholeSecond(madeAt),
  date_modified: ({ changedAt }) => wholeSecond(changedAt),
  status_id: ({ status }) => status,
}

function sorted(orders: Order[], by: string): readonly Order[] {
  const [field = '', direction = 'asc'] = by.split(':')
  const of = SORTS[field]
  if (!of) throw new Refused(400, `The field '${field}' cannot be sorted by.`)
  return orders.sort((a, b) => (direction === 'desc' ? of(b) - of(a) : of(a) - of(b)))
}
