import type { FastifyInstance } from 'fastify'
import { oneOf, paged, type Query, Refused, timeIn, wholeSecond } from './listing.ts'
import type { Hook, Store } from './store.ts'
import { wireCustomer, wireProduct, wireRefund, wireSubscriber, wireTransaction } from './wire.ts'

type Asked = { Querystring: Query; Params: { id: string }; Body: { readonly [field: string]: unknown } | undefined }

const END = Number.MAX_SAFE_INTEGER

/** V3: `data` with pages in `meta`. */
export function v3Routes(app: FastifyInstance, store: Store): void {
  app.get<Asked>('/v3/orders/payment_actions/refunds', async ({ query }) => {
    const ids = oneOf(query, 'id:in')
    const orders = oneOf(query, 'order_id:in')
    const found = store.refunds.filter(
      ({ id, order, at }) =>
        wholeSecond(at) >= timeIn(query, 'created:min', 0) &&
        wholeSecond(at) <= timeIn(query, 'created:max', END) &&
        (!ids || ids.has(String(id))) &&
        (!orders || orders.has(String(order))),
    )
    return paged(found.map(wireRefund), query)
  })
  app.get<Asked>('/v3/orders/:id/payment_actions/refunds', async ({ params, query }) =>
    paged(store.refunds.filter(({ order }) => order === Number(params.id)).map(wireRefund), query),
  )
  app.get<Asked>('/v3/orders/:id/transactions', async ({ params, query }) => {
    const order = store.orders.get(Number(params.id))
    if (!order) throw new Refused(404, 'Order not found')
    const mine = store.transactions.filter((one) => one.order === order.id)
    return paged(
      mine.map((one) => wireTransaction(one, order)),
      query,
    )
  })
  app.get<Asked>('/v3/customers', async ({ query }) => {
    const ids = oneOf(query, 'id:in')
    const mails = oneOf(query, 'email:in')
    const found = [...store.customers.values()]
      .filter(
        ({ id, email, madeAt, changedAt }) =>
          (!ids || ids.has(String(id))) &&
          (!mails || mails.has(email.toLowerCase())) &&
          wholeSecond(madeAt) >= timeIn(query, 'date_created:min', 0) &&
          wholeSecond(madeAt) <= timeIn(query, 'date_created:max', END) &&
          wholeSecond(changedAt) >= timeIn(query, 'date_modified:min', 0) &&
          wholeSecond(changedAt) <= timeIn(query, 'date_modified:max', END),
      )
      .sort((a, b) => (query.sort === 'date_modified:asc' ? a.changedAt - b.changedAt : a.id - b.id))
    const addresses = (query.include ?? '').split(',').includes('addresses')
    return paged(
      found.map((one) => wireCustomer(one, addresses)),
      query,
    )
  })
  app.get<Asked>('/v3/customers/subscribers', async ({ query }) => paged(store.subscribers.map(wireSubscriber), query))
  app.get<Asked>('/v3/catalog/products', async ({ query }) => {
    const ids = oneOf(query, 'id:in')
    const skus = oneOf(query, 'sku:in')
    const found = store.products.filter(
      ({ id, sku }) => (!ids || ids.has(String(id))) && (!skus || skus.has(sku.toLowerCase())),
    )
    return paged(found.map(wireProduct), query)
  })

  app.get<Asked>('/v3/hooks', async ({ query }) => paged([...store.hooks.values()].map(wireHook), query))
  app.post<Asked>('/v3/hooks', async ({ body = {} }) => {
    const { scope, destination, headers = {} } = body
    if (typeof scope !== 'string' || !scope.startsWith('store/')) throw new Refused(422, 'The scope is missing.')
    // The real one wants port 443; this one calls nobody but this machine.
    if (typeof destination !== 'string' || !/^http:\/\/(127\.0\.0\.1|localhost):\d+\//.test(destination)) {
      throw new Refused(422, 'The sandbox calls http://localhost:<port>/… only.')
    }
    if ([...store.hooks.values()].some((one) => one.scope === scope && one.destination === destination)) {
      throw new Refused(409, 'A hook with this scope and destination exists already.')
    }
    const hook: Hook = {
      ...{ id: store.hooks.size + 1, scope, destination, active: true },
      headers: Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)])),
    }
    store.hooks.set(hook.id, hook)
    return { data: wireHook(hook), meta: {} }
  })
  app.delete<Asked>('/v3/hooks/:id', async ({ params }) => {
    const hook = store.hooks.get(Number(params.id))
    if (!hook || !store.hooks.delete(hook.id)) throw new Refused(404, 'The hook was not found.')
    return { data: wireHook(hook), meta: {} }
  })
}

const wireHook = ({ id, scope, destination, headers, active }: Hook) => ({
  ...{ id, scope, destination, headers, is_active: active },
})
