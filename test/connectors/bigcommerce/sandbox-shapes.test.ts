import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Caller, type Loose, startCaller } from './sandbox-caller.ts'

// What BigCommerce documents, or is known to do, the sandbox does: paths, shapes, filters, refusals.

let caller: Caller
const call: Caller['call'] = (...asked) => caller.call(...asked)
const get: Caller['get'] = (...asked) => caller.get(...asked)
const store = () => caller.sandbox.store

beforeAll(async () => {
  caller = await startCaller()
})
afterEach(() => store().faults.clear())
afterAll(() => caller.sandbox.close())

const [text, number, list, object, flag] = ['string', 'number', 'list', 'object', 'boolean']
const kindOf = (value: unknown) => (Array.isArray(value) ? list : value === null ? 'null' : typeof value)

/** The fields that flows and forms rest on, by what each is. */
const SHAPES: readonly (readonly [what: string, path: string, fields: Readonly<Record<string, string | undefined>>])[] =
  [
    ['order', '/v2/orders?min_id=104&limit=1', { id: number, status_id: number, customer_id: number }],
    [
      'order',
      '/v2/orders/104',
      { total_inc_tax: text, currency_code: text, is_deleted: flag, billing_address: object },
    ],
    ['line', '/v2/orders/104/products', { id: number, sku: text, price_ex_tax: text, applied_discounts: list }],
    ['address', '/v2/orders/104/shipping_addresses', { order_id: number, country_iso2: text, items_total: number }],
    ['tax', '/v2/orders/104/taxes', { rate: text, line_amount: text, order_product_id: number, line_item_type: text }],
    ['coupon', '/v2/orders/900/coupons', { code: text, amount: text, discount: number, type: number }],
    ['fee', '/v2/orders/900/fees', { type: text, cost_ex_tax: text, cost_inc_tax: text }],
    ['shipment', '/v2/orders/900/shipments', { tracking_number: text, items: list, shipping_address: object }],
    ['status', '/v2/order_statuses', { id: number, name: text }],
    [
      'refund',
      '/v3/orders/payment_actions/refunds',
      { total_amount: number, items: list, payments: list, created: text },
    ],
    ['transaction', '/v3/orders/900/transactions', { event: text, amount: number, test: flag, order_id: text }],
    ['customer', '/v3/customers?include=addresses', { email: text, date_modified: text, addresses: list }],
    ['subscriber', '/v3/customers/subscribers', { email: text, source: text, order_id: 'null' }],
    ['product', '/v3/catalog/products', { sku: text, price: number }],
  ]

test.each(SHAPES)('a %s at %s is as documented', async (_, path, fields) => {
  if (!store().orders.has(900)) {
    const more = { coupon: { code: 'SUMMER', discount: 500 }, fees: [{ name: 'Gift wrap', cost: 300 }], shipping: 499 }
    const order = caller.sandbox.placeOrder({ status: 10, ...more })
    store().orders.set(900, { ...order, id: 900 })
    store().orders.delete(order.id)
    caller.sandbox.payOrder(900)
  }
  const { status, json } = await get(path)
  expect(status).toBe(200)
  // V2 gives bare lists and objects, V3 `data` with pages.
  const v3 = path.startsWith('/v3')
  if (v3) expect(json.meta.pagination).toMatchObject({ current_page: 1, per_page: 50, total_pages: 1 })
  const [first] = [v3 ? json.data : json].flat()
  expect(Object.fromEntries(Object.keys(fields).map((name) => [name, kindOf(first[name])]))).toEqual(fields)
})

test('an order adds up with its parts, in text with four decimals; what was refunded is not in it', async () => {
  const { json: order } = await get('/v2/orders/900?include=fees')
  const { json: taxes } = await get('/v2/orders/900/taxes')
  const cents = (amount: string) => Math.round(Number(amount) * 100)
  expect(order.total_inc_tax).toMatch(/^\d+\.\d{4}$/)
  expect(cents(order.total_ex_tax)).toBe(cents(order.subtotal_ex_tax) + 499 + 300 - 500)
  expect([order.coupon_discount, order.fees[0].cost_inc_tax]).toEqual(['5.0000', '3.6000'])
  expect(taxes.map(({ line_item_type: type }: Loose) => type)).toEqual(['item', 'shipping'])
  const refund = caller.sandbox.refundOrder(900)!
  expect((await get('/v2/orders/900')).json.refunded_amount).toBe('0.0000')
  // An item of a refund is a line of the order, not a product.
  const { json } = await get(`/v3/orders/900/payment_actions/refunds`)
  expect(json.data[0].items[0]).toMatchObject({ item_type: 'PRODUCT', item_id: refund.line })
})

test('nothing is an answer without a body in V2, an empty list in V3; V2 without Accept is XML', async () => {
  const none = ['/v2/orders?min_id=99999', '/v2/orders/104/coupons', '/v2/orders/104/fees']
  for (const path of none) expect(await get(path)).toMatchObject({ status: 204, text: '' })
  expect((await get('/v3/customers?id:in=99999')).json.data).toEqual([])
  const xml = await get('/v2/orders', { accept: '*/*' })
  expect([xml.headers.get('content-type'), xml.text.slice(0, 5)]).toEqual(['application/xml', '<?xml'])
})

describe('filters', () => {
  const ids = async (query: string) =>
    ((await get(`/v2/orders?limit=250&${query}`)).json ?? []).map(({ id }: Loose) => id)

  test('of orders do what they say, each by itself', async () => {
    const place = caller.sandbox.placeOrder
    const cash = place({
      status: 11,
      paymentMethod: 'Cash',
      channel: 7,
      externalId: 'till-9',
      email: 'cash@shop.example',
    })
    const { json: order } = await get(`/v2/orders/${cash.id}`)
    const only = [
      ...['payment_method=Cash', 'channel_id=7', 'external_order_id=till-9', `cart_id=${order.cart_id}`],
      ...['email=cash@shop.example', `min_id=${cash.id}&max_id=${cash.id}`],
    ]
    for (const query of only) expect(await ids(query), query).toEqual([cash.id])
    const all: Loose[] = (await get('/v2/orders?limit=250')).json
    const over = all.filter(({ total_inc_tax: total }) => Number(total) >= 300).map(({ id }) => id)
    expect(over.length).toBeGreaterThan(3)
    expect(await ids('min_total=300')).toEqual(over)
    expect(await ids('max_total=299.99')).toEqual(all.map(({ id }) => id).filter((id) => !over.includes(id)))
    expect((await get('/v2/orders/count?min_total=300')).json.count).toBe(over.length)
    // Times in filters come in either spelling.
    const bound = new Date(order.date_created)
    expect(await ids(`min_date_created=${encodeURIComponent(bound.toUTCString())}`)).toContain(cash.id)
    expect(await ids(`min_date_created=${bound.toISOString()}`)).toContain(cash.id)
  })

  test('of refunds: by payment, order and time; a bare day as upper bound gets the time of day added', async () => {
    const { refunds } = store()
    const [first] = refunds
    const found = async (query: string) =>
      (await get(`/v3/orders/payment_actions/refunds?limit=250&${query}`)).json.data.map(({ id }: Loose) => id)
    expect(await found(`transaction_id=${first!.transaction}`)).toEqual([first!.id])
    expect(await found(`order_id:in=${first!.order}`)).toContain(first!.id)
    const day = '2026-09-08'
    // At midnight exactly, and one second before the next.
    const order = caller.sandbox.placeOrder({ status: 10 })
    const [early, late] = [`${day}T00:00:00Z`, `${day}T23:59:59Z`].map((at) => Date.parse(at))
    const at = [early, late].map((one) => caller.sandbox.refundOrder({ ...order }.id, one)?.id)
    const until = await found(`created:max=${day}`)
    expect([until.includes(at[0]), until.includes(at[1])]).toEqual([true, false])
  })

  test('nobody knows are refused by name: one at a time in V2, all in V3', async () => {
    const v2 = await get('/v2/orders?min_totl=5&limit=1')
    expect([v2.status, v2.json]).toEqual([
      400,
      [{ status: 400, message: "The field 'min_totl' is not supported by this resource." }],
    ])
    const v3 = await get('/v3/customers?customer_id=20&colour=red')
    expect([v3.status, v3.json]).toEqual([
      422,
      {
        ...{ status: 422, type: '/api-docs/getting-started/api-status-codes', errors: {} },
        title: 'The filter(s): customer_id, colour are not valid filter parameter(s).',
      },
    ])
    expect((await get('/v2/orders?sort=colour:asc')).status).toBe(400)
    expect((await get('/v2/orders?limit=251')).status).toBe(413)
    expect((await get('/v2/orders?min_date_created=yesterday')).status).toBe(400)
  })
})

test('what is not there is 404 in the words of each version', async () => {
  const message = 'The requested resource was not found.'
  const type = '/api-docs/getting-started/api-status-codes'
  for (const path of ['/v2/orders/99999', '/v2/orders/99999/products', '/v2/unicorns']) {
    expect(await get(path), path).toMatchObject({ status: 404, json: [{ status: 404, message }] })
  }
  for (const path of ['/v3/orders/99999/transactions', '/v3/customers/99999/consent', '/v3/unicorns']) {
    expect(await get(path), path).toMatchObject({ status: 404, json: { status: 404, title: message, type } })
  }
  expect((await get('/v3/hooks/77')).json).toEqual({ status: 404, title: 'Webhook with id [77] not found', type })
})

describe('customers', () => {
  const person = (email: string) => ({ email, first_name: 'New', last_name: 'Person' })

  test('are made and changed ten at a time: all, some (207) or none (422); eleven are too large', async () => {
    const both = await call('POST', '/v3/customers', [person('one@new.example'), person('two@new.example')])
    expect([both.status, both.json.data.map(({ email }: Loose) => email)]).toEqual([
      200,
      ['one@new.example', 'two@new.example'],
    ])
    const some = await call('POST', '/v3/customers', [person('one@new.example'), person('three@new.example')])
    expect([some.status, some.json.data.length, some.json.errors]).toEqual([
      ...[207, 1, { '0': 'email one@new.example already in use' }],
    ])
    const none = await call('PUT', '/v3/customers', [{ id: 99_999, last_name: 'Nobody' }])
    expect([none.status, none.json.errors]).toEqual([422, { '0': 'customer 99999 does not exist' }])
    const many = Array.from({ length: 11 }, (_, at) => person(`${at}@many.example`))
    expect((await call('POST', '/v3/customers', many)).status).toBe(413)
    expect((await get('/v3/customers?name:like=w pers&sort=date_created:desc')).json.data).toHaveLength(3)
  })

  test('are deleted and leave their orders as they were; their number is not used again', async () => {
    const made = (await call('POST', '/v3/customers', [person('brief@new.example')])).json.data[0]
    const order = caller.sandbox.placeOrder({ customer: made.id, email: made.email, status: 11 })
    expect(await call('DELETE', `/v3/customers?id:in=${made.id}`)).toMatchObject({ status: 204, text: '' })
    expect((await get(`/v3/customers?id:in=${made.id}`)).json.data).toEqual([])
    expect((await get(`/v2/orders/${order.id}`)).json).toMatchObject({ customer_id: made.id })
    expect((await get(`/v2/orders/${order.id}`)).json.billing_address.email).toBe('brief@new.example')
    const next = (await call('POST', '/v3/customers', [person('next@new.example')])).json.data[0]
    expect(next.id).toBeGreaterThan(made.id)
  })

  test('consent to cookies is theirs, the newsletter is of an address, and neither follows from an order', async () => {
    expect((await get('/v3/customers/3/consent')).json).toEqual({ allow: [], deny: [], updated_at: null })
    const said = { allow: ['essential', 'analytics'], deny: ['targeting'] }
    const put = await call('PUT', '/v3/customers/3/consent', said)
    expect(put.json).toEqual({ ...said, updated_at: expect.stringMatching(/Z$/) })
    expect((await get('/v3/customers/3/consent')).json).toEqual(put.json)
    const bad = await call('PUT', '/v3/customers/3/consent', { allow: ['everything'], deny: [] })
    expect([bad.status, Object.keys(bad.json.errors)]).toEqual([422, ['allow']])
    caller.sandbox.subscribe('guest@news.example', true)
    const subscribed = async () => (await get('/v3/customers/subscribers?email=guest@news.example')).json.data.length
    expect(await subscribed()).toBe(1)
    caller.sandbox.subscribe('guest@news.example', false)
    expect(await subscribed()).toBe(0)
  })
})

test('a refund may be declined, without items, or paid back elsewhere; a payment may be a test or a failure', async () => {
  const { id } = caller.sandbox.placeOrder({
    ...{ status: 10, lines: [{ id: 77, product: 500, quantity: 3, price: 1000, refunded: 0 }] },
  })
  caller.sandbox.refundOrder(id, undefined, 'declined')
  // Nothing went back: the order is as it was.
  expect((await get(`/v2/orders/${id}`)).json.status_id).toBe(10)
  caller.sandbox.refundOrder(id, undefined, 'tax')
  caller.sandbox.refundOrder(id, undefined, 'offline')
  const refunds: Loose[] = (await get(`/v3/orders/${id}/payment_actions/refunds`)).json.data
  expect(refunds.map(({ total_amount: total, items, payments: [paid] }) => [total, items.length, paid])).toEqual([
    [12, 1, expect.objectContaining({ is_declined: true, offline: false, amount: 12 })],
    [2, 0, expect.objectContaining({ is_declined: false, offline: false, amount: 2 })],
    [12, 1, expect.objectContaining({ is_declined: false, offline: true, amount: 12 })],
  ])
  expect((await get(`/v2/orders/${id}/products`)).json[0]).toMatchObject({ quantity_refunded: 1, is_refunded: false })
  caller.sandbox.payOrder(id, { test: true })
  caller.sandbox.payOrder(id, { event: 'authorization' })
  caller.sandbox.payOrder(id, { event: 'capture', status: 'error' })
  const moved: Loose[] = (await get(`/v3/orders/${id}/transactions`)).json.data
  expect(moved.map(({ event, status, test }) => `${event} ${status} ${test}`)).toEqual([
    ...['refund error false', 'refund ok false', 'refund ok false'],
    ...['purchase ok true', 'authorization ok false', 'capture error false'],
  ])
})

test('refusals: token, scope, quota with its headers, load without them, media type, maintenance, room', async () => {
  expect((await get('/v2/orders', { 'x-auth-token': 'guess' })).status).toBe(401)
  store().denied.add('customers')
  expect((await get('/v3/customers')).status).toBe(403)
  store().denied.clear()
  const arm = (kind: '429' | '429-load' | '503' | '507') => store().faults.add([{ kind }])
  const limits = ({ headers }: { headers: Headers }) =>
    ['window-ms', 'reset-ms'].map((name) => headers.get(`x-rate-limit-time-${name}`))
  arm('429')
  const refused = await get('/v2/orders')
  expect([refused.status, limits(refused)]).toEqual([429, ['30000', expect.stringMatching(/^\d+$/)]])
  expect(refused.headers.get('x-rate-limit-requests-left')).toMatch(/^\d+$/)
  arm('429-load')
  const load = await get('/v2/orders')
  expect([load.status, limits(load)]).toEqual([429, [null, null]])
  const form = await call('POST', '/v3/hooks', 'scope=store', { 'content-type': 'text/plain' })
  expect([form.status, form.json.status]).toEqual([415, 415])
  for (const kind of ['503', '507'] as const) {
    arm(kind)
    expect((await get('/v3/customers')).json.status).toBe(Number(kind))
  }
  expect((await get('/v3/customers')).status).toBe(200)
})

test('a record can come otherwise than it should, and the store stays as it is', async () => {
  caller.sandbox.spoil('order 105', { set: { total_inc_tax: null }, drop: ['status_id'] })
  for (const path of ['/v2/orders/105', '/v2/orders?min_id=105&max_id=105']) {
    const [order] = [(await get(path)).json].flat()
    expect([order.total_inc_tax, 'status_id' in order]).toEqual([null, false])
  }
  caller.sandbox.spoil('order 105')
  expect((await get('/v2/orders/105')).json.status_id).toBe(store().orders.get(105)!.status)
})
