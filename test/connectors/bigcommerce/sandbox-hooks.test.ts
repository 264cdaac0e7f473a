import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Remote, startRemote } from '../support/remote.ts'
import { type Caller, startCaller } from './sandbox-caller.ts'

// Hooks: who sees them, how many there may be, what they tell, how often and in which order.

let caller: Caller
let receiver: Remote
/** What the receiver answers with. */
let answers = 200

beforeAll(async () => {
  caller = await startCaller({ orders: 10 })
  receiver = await startRemote((_, response) => response.writeHead(answers).end())
})
beforeEach(() => {
  answers = 200
  receiver.received.length = 0
  caller.sandbox.store.hooks.clear()
  caller.sandbox.setDelivery({ copies: 1, swapped: false, pace: 1 / 5_000_000 })
})
afterAll(async () => {
  await caller.sandbox.close()
  await receiver.close()
})

const at = (path = '/hook') => `${receiver.url}${path}`
const make = (more: object = {}, headers = {}) =>
  caller.call('POST', '/v3/hooks', { scope: 'store/order/statusUpdated', destination: at(), ...more }, headers)
const told = () => receiver.received.map(({ body }) => JSON.parse(body))

test('a hook is made, read, changed and deleted; its number is never used again', async () => {
  const { status, json } = await make({ headers: { 'X-Flow-Key': 'k' } })
  expect([status, json]).toEqual([
    200,
    {
      data: {
        ...{ id: expect.any(Number), client_id: 'sandboxclient1', store_hash: 'demohash', is_active: true },
        ...{ scope: 'store/order/statusUpdated', destination: at(), headers: { 'X-Flow-Key': 'k' } },
        ...{ created_at: expect.any(Number), updated_at: expect.any(Number) },
      },
      meta: {},
    },
  ])
  const { id } = json.data
  expect((await caller.get(`/v3/hooks/${id}`)).json).toEqual(json)
  const changed = await caller.call('PUT', `/v3/hooks/${id}`, { is_active: false, destination: at('/other') })
  expect(changed.json.data).toMatchObject({ id, is_active: false, destination: at('/other') })
  expect((await caller.get('/v3/hooks?is_active=true')).json.data).toEqual([])
  caller.sandbox.setStatus(101, 10)
  await caller.sandbox.quiet()
  expect(receiver.received).toEqual([])
  const other = await make({ destination: at('/second') })
  expect((await caller.call('DELETE', `/v3/hooks/${id}`)).json.data.id).toBe(id)
  expect((await caller.get(`/v3/hooks/${id}`)).status).toBe(404)
  const third = await make({ destination: at('/third') })
  expect([other.json.data.id, third.json.data.id]).toEqual([id + 1, id + 2])
})

test('one for a place, ten for a scope, and none of another app', async () => {
  await make()
  expect((await make()).status).toBe(409)
  for (let n = 1; n < 10; n++) expect((await make({ destination: at(`/${n}`) })).status).toBe(200)
  expect((await make({ destination: at('/eleventh') })).status).toBe(422)
  expect((await make({ scope: 'store/order/created' })).status).toBe(200)
  const other = { 'x-auth-token': caller.sandbox.otherAccessToken }
  expect((await caller.get('/v3/hooks', other)).json.data).toEqual([])
  const theirs = await make({}, other)
  expect(theirs.status).toBe(200)
  expect((await caller.get(`/v3/hooks/${theirs.json.data.id}`)).status).toBe(404)
  expect((await caller.call('DELETE', `/v3/hooks/${theirs.json.data.id}`)).status).toBe(404)
  const missing = await make({ destination: undefined })
  expect([missing.status, missing.json.errors]).toEqual([422, { destination: 'error.path.missing.' }])
})

test('an event says little, is signed with the client secret, and carries the headers of its hook', async () => {
  await make({ headers: { 'X-Flow-Key': 'k' } })
  const { status: before } = caller.sandbox.store.orders.get(102)!
  caller.sandbox.setStatus(102, 5)
  await caller.sandbox.quiet()
  const [event] = told()
  expect(event).toEqual({
    ...{ scope: 'store/order/statusUpdated', store_id: '100777', producer: 'stores/demohash' },
    data: { type: 'order', id: 102, status: { previous_status_id: before, new_status_id: 5 } },
    ...{ hash: expect.stringMatching(/^[0-9a-f]{40}$/), created_at: expect.any(Number) },
  })
  const { headers, body } = receiver.received[0]!
  expect(headers['x-flow-key']).toBe('k')
  // The judge is the reference library of Standard Webhooks, which wants secrets in base64.
  const judge = new Webhook(Buffer.from(caller.sandbox.store.clientSecret).toString('base64'))
  const signature = (name: string) => [`webhook-${name}`, String(headers[`webhook-${name}`])]
  expect(judge.verify(body, Object.fromEntries(['id', 'timestamp', 'signature'].map(signature)))).toEqual(event)
})

test('twice, or the later one first, when asked for: the hash tells copies, and nothing tells the order', async () => {
  await make()
  caller.sandbox.setDelivery({ copies: 2 })
  caller.sandbox.setStatus(103, 10)
  await caller.sandbox.quiet()
  const [first, copy] = told()
  expect(copy).toEqual(first)
  expect(receiver.received[1]!.headers['webhook-id']).not.toBe(receiver.received[0]!.headers['webhook-id'])

  receiver.received.length = 0
  caller.sandbox.setDelivery({ copies: 1, swapped: true })
  for (const status of [2, 10]) caller.sandbox.setStatus(103, status)
  await caller.sandbox.quiet()
  // One that has nobody to be swapped with comes all the same.
  caller.sandbox.setStatus(103, 11)
  await caller.sandbox.quiet()
  expect(told().map(({ data }) => data.status.new_status_id)).toEqual([10, 2, 11])
})

test('a refusal is tried eleven times more with the same id, then the hook is off until it is switched on', async () => {
  const { id } = (await make()).json.data
  answers = 500
  caller.sandbox.setStatus(104, 10)
  await caller.sandbox.quiet()
  expect(receiver.received).toHaveLength(12)
  expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  expect((await caller.get(`/v3/hooks/${id}`)).json.data.is_active).toBe(false)
  answers = 200
  caller.sandbox.setStatus(104, 2)
  await caller.sandbox.quiet()
  expect(receiver.received).toHaveLength(12)
  await caller.call('PUT', `/v3/hooks/${id}`, { is_active: true })
  caller.sandbox.setStatus(104, 10)
  await caller.sandbox.quiet()
  expect(receiver.received).toHaveLength(13)
})

test('what people do is told under its scope', async () => {
  const scopes = [
    ...['order/created', 'order/updated', 'order/archived', 'order/refund/created', 'order/transaction/created'],
    ...['customer/created', 'customer/updated', 'customer/deleted', 'subscriber/created', 'subscriber/deleted'],
  ].map((name) => `store/${name}`)
  for (const scope of scopes) await make({ scope })
  const { sandbox } = caller
  // An order is told of before it is finished.
  const order = sandbox.placeOrder()
  expect(order.status).toBe(0)
  sandbox.payOrder(order.id)
  const refund = sandbox.refundOrder(order.id)!
  sandbox.archiveOrder(order.id)
  const person = { email: 'new@hooks.example', first_name: 'N', last_name: 'N' }
  const { id } = (await caller.call('POST', '/v3/customers', [person])).json.data[0]
  sandbox.renameCustomer(id, 'Stone')
  await caller.call('DELETE', `/v3/customers?id:in=${id}`)
  sandbox.subscribe('new@hooks.example', true)
  sandbox.subscribe('new@hooks.example', false)
  await sandbox.quiet()
  const events = told()
  expect(new Set(events.map(({ scope }) => scope))).toEqual(new Set(scopes))
  const of = (scope: string) => events.find((event) => event.scope === `store/${scope}`).data
  expect(of('order/refund/created')).toEqual({ type: 'order', id: order.id, refund: { refund_id: refund.id } })
  expect(of('customer/deleted')).toEqual({ type: 'customer', id })
})
