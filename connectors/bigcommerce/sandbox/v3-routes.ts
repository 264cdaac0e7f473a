import type { FastifyInstance } from 'fastify'
import { isAmong, isWithin, onlyV3, paged, type Query } from './listing.ts'
import { Refused } from './refused.ts'
import type { Order, Store } from './store.ts'
import { wireProduct, wireRefund, wireTransaction } from './wire.ts'

type Asked = { Querystring: Query; Params: { id: string } }

/** V3: `data` with pages in `meta`. */
export function v3Routes(app: FastifyInstance, store: Store): void {
  const orderOf = (id: string): Order => {
    const order = store.orders.get(Number(id))
    if (!order) throw new Refused(404, 'The requested resource was not found.')
    return order
  }

  app.get<Asked>('/v3/orders/payment_actions/refunds', async ({ query }) => {
    onlyV3(query, ['id:in', 'order_id:in', 'transaction_id', 'created:min', 'created:max'])
    const found = store.refunds.filter(
      ({ id, order, at, transaction }) =>
        isAmong(query, 'id:in', id) &&
        isAmong(query, 'order_id:in', order) &&
        isAmong(query, 'transaction_id', transaction) &&
        isWithin(query, 'created', at),
    )
    return paged(found.map(wireRefund), query)
  })
  app.get<Asked>('/v3/orders/:id/payment_actions/refunds', async ({ params, query }) => {
    onlyV3(query)
    const { id } = orderOf(params.id)
    return paged(store.refunds.filter(({ order }) => order === id).map(wireRefund), query)
  })
  app.get<Asked>('/v3/orders/:id/transactions', async ({ params, query }) => {
    onlyV3(query)
    const order = orderOf(params.id)
    const mine = store.transactions.filter((one) => one.order === order.id)
    return paged(
      mine.map((one) => wireTransaction(one, order)),
      query,
    )
  })
  app.get<Asked>('/v3/catalog/products', async ({ query }) => {
    onlyV3(query, ['id:in', 'sku:in'])
    const found = store.products.filter(({ id, sku }) => isAmong(query, 'id:in', id) && isAmong(query, 'sku:in', sku))
    return paged(found.map(wireProduct), query)
  })
}
