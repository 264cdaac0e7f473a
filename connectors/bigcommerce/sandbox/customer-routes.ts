import type { FastifyInstance, FastifyReply } from 'fastify'
import { isAmong, isWithin, onlyV3, paged, type Query } from './listing.ts'
import { Refused } from './refused.ts'
import type { Consent, Customer, Store } from './store.ts'
import type { Telling } from './telling.ts'
import { rfc3339, wireCustomer, wireSubscriber } from './wire.ts'

type Fields = { readonly [field: string]: unknown }
type Asked = { Querystring: Query; Params: { id: string }; Body: unknown }

const FILTERS = [
  ...['id:in', 'email:in', 'name:in', 'name:like', 'sort', 'include'],
  ...['date_created:min', 'date_created:max', 'date_modified:min', 'date_modified:max'],
]
/** What else comes with a customer; this store keeps addresses, and of the others none. */
const INCLUDES = ['addresses', 'storecredit', 'attributes', 'formfields']
/** Of one call that writes. */
const MOST_OF_A_BATCH = 10

/** Customers, who subscribed to the newsletter, and who allows which cookies: three things (reference/customers.v3). */
export function customerRoutes(app: FastifyInstance, store: Store, telling: Telling): void {
  app.get<Asked>('/v3/customers', async ({ query }) => {
    onlyV3(query, FILTERS)
    const includes = (query.include ?? '').split(',').filter(Boolean)
    if (includes.some((name) => !INCLUDES.includes(name))) throw new Refused(422, 'The include is not known.', {})
    const found = [...store.customers.values()].filter((one) => {
      const name = `${one.firstName} ${one.lastName}`
      return (
        isAmong(query, 'id:in', one.id) &&
        isAmong(query, 'email:in', one.email) &&
        isAmong(query, 'name:in', name) &&
        name.toLowerCase().includes((query['name:like'] ?? '').toLowerCase()) &&
        isWithin(query, 'date_created', one.madeAt) &&
        isWithin(query, 'date_modified', one.changedAt)
      )
    })
    return paged(
      sorted(found, query.sort).map((one) => wireCustomer(one, includes.includes('addresses'))),
      query,
    )
  })
  app.post<Asked>('/v3/customers', async ({ body }, reply) =>
    batch(reply, body, (fields) => {
      const [email, firstName, lastName] = [fields.email, fields.first_name, fields.last_name]
      if (typeof email !== 'string' || typeof firstName !== 'string' || typeof lastName !== 'string') {
        return 'email, first_name and last_name are required'
      }
      if (owns(store, email)) return `email ${email} already in use`
      const at = store.now()
      const made: Customer = { id: store.nextId('customer'), email, firstName, lastName, madeAt: at, changedAt: at }
      store.customers.set(made.id, made)
      telling.tell('store/customer/created', { type: 'customer', id: made.id })
      return wireCustomer(made, false)
    }),
  )
  app.put<Asked>('/v3/customers', async ({ body }, reply) =>
    batch(reply, body, (fields) => {
      const customer = store.customers.get(Number(fields.id))
      if (!customer) return `customer ${fields.id} does not exist`
      const { email, first_name: firstName, last_name: lastName } = fields
      if (typeof email === 'string' && (owns(store, email) ?? customer) !== customer) {
        return `email ${email} already in use`
      }
      if (typeof email === 'string') customer.email = email
      if (typeof firstName === 'string') customer.firstName = firstName
      if (typeof lastName === 'string') customer.lastName = lastName
      customer.changedAt = store.now()
      telling.tell('store/customer/updated', { type: 'customer', id: customer.id })
      return wireCustomer(customer, false)
    }),
  )
  app.delete<Asked>('/v3/customers', async ({ query }, reply) => {
    onlyV3(query, ['id:in'])
    const ids = (query['id:in'] ?? '').split(',').filter(Boolean).map(Number)
    if (ids.length === 0) throw new Refused(422, 'Say which: id:in is missing.', {})
    if (ids.length > MOST_OF_A_BATCH) throw tooMany()
    for (const id of ids) {
      // Orders stay as they were: they hold the address that was given with them.
      if (store.customers.delete(id)) telling.tell('store/customer/deleted', { type: 'customer', id })
    }
    return reply.code(204).send()
  })

  const customerOf = (id: string): number => {
    if (!store.customers.has(Number(id))) throw new Refused(404, 'The requested resource was not found.')
    return Number(id)
  }
  app.get<Asked>('/v3/customers/:id/consent', async ({ params }) => wireConsent(store, customerOf(params.id)))
  app.put<Asked>('/v3/customers/:id/consent', async ({ params, body }) => {
    const id = customerOf(params.id)
    const { allow, deny } = body as Fields
    store.consents.set(id, { allow: kindsOf(allow, 'allow'), deny: kindsOf(deny, 'deny'), at: store.now() })
    return wireConsent(store, id)
  })
  app.get<Asked>('/v3/customers/subscribers', async ({ query }) => {
    onlyV3(query, ['email'])
    const found = store.subscribers.filter(({ email }) => query.email === undefined || email === query.email)
    return paged(found.map(wireSubscriber), query)
  })
}

const tooMany = () => new Refused(413, `The maximum number of items allowed in the array is ${MOST_OF_A_BATCH}.`, {})

/**
 * Does one after the other: 200 for all, 422 for none, and 207 where some were done. Which were not stands under their
 * place in the batch, a spelling of ours.
 * @param work Gives the record, or why not.
 */
function batch(reply: FastifyReply, body: unknown, work: (fields: Fields) => object | string): FastifyReply {
  if (!Array.isArray(body) || body.length === 0) throw new Refused(422, 'A list of customers is needed.', {})
  if (body.length > MOST_OF_A_BATCH) throw tooMany()
  const results = body.map((fields) => work(fields))
  const errors = Object.fromEntries(results.flatMap((one, at) => (typeof one === 'string' ? [[at, one]] : [])))
  const data = results.filter((one) => typeof one !== 'string')
  if (data.length === 0) throw new Refused(422, 'The customers are invalid.', errors)
  if (Object.keys(errors).length === 0) return reply.send({ data, meta: {} })
  return reply.code(207).send({ data, errors, meta: {} })
}

const owns = (store: Store, email: string): Customer | undefined =>
  [...store.customers.values()].find((one) => one.email.toLowerCase() === email.toLowerCase())

const SORTS: { readonly [field: string]: (one: Customer) => number | string } = {
  date_created: ({ madeAt }) => madeAt,
  date_modified: ({ changedAt }) => changedAt,
  last_name: ({ lastName }) => lastName,
}

function sorted(customers: Customer[], by: string | undefined): readonly Customer[] {
  if (by === undefined) return customers.sort((a, b) => a.id - b.id)
  const [field = '', direction = ''] = by.split(':')
  const of = SORTS[field]
  if (!of || !['asc', 'desc'].includes(direction)) throw new Refused(422, `'${by}' cannot be sorted by.`, {})
  const sign = direction === 'desc' ? -1 : 1
  return customers.sort((a, b) => sign * (of(a) < of(b) ? -1 : of(a) > of(b) ? 1 : a.id - b.id))
}

const KINDS = ['essential', 'functional', 'analytics', 'targeting']

function kindsOf(list: unknown, name: string): readonly string[] {
  if (Array.isArray(list) && list.every((kind) => KINDS.includes(kind))) return list
  throw new Refused(422, 'The consent is invalid.', { [name]: `only ${KINDS.join(', ')}` })
}

/** Who never said anything has neither allowed nor denied. */
function wireConsent(store: Store, customer: number) {
  const { allow, deny, at }: Consent = store.consents.get(customer) ?? { allow: [], deny: [], at: 0 }
  return { allow, deny, updated_at: at === 0 ? null : rfc3339(at) }
}
