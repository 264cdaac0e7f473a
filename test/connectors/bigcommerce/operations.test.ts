import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { hook, KEY_HEADER, keyOfStore } from '../../../connectors/bigcommerce/hook.ts'
import { bigcommerce } from '../../../connectors/bigcommerce/index.ts'
import { onChange } from '../../../connectors/bigcommerce/on-change.ts'
import { type BigCommerceSandbox, startBigCommerceSandbox } from '../../../connectors/bigcommerce/sandbox/server.ts'
import type { Context, Cursor, DataRecord } from '../../../connectors/kit/connector.ts'
import { createBudget } from '../../../server/connect/budget.ts'
import { openBigCommerce, operationOf, settingsOf } from '../support/accounts.ts'
import type { Opened } from '../support/open.ts'
import { collect, rejection, startRemote } from '../support/remote.ts'

let sandbox: BigCommerceSandbox
let at: Opened
beforeAll(async () => {
  sandbox = await startBigCommerceSandbox({ orders: 130, customers: 30, quota: 'off' })
  at = openBigCommerce(sandbox)
})
afterEach(() => {
  sandbox.store.faults.clear()
  sandbox.store.denied.clear()
})
afterAll(async () => {
  await at.close()
  await sandbox.close()
})

const read = (name: string) => operationOf(bigcommerce, name, 'read')
const lookup = (name: string) => operationOf(bigcommerce, name, 'lookup')
const context = (operation: { readonly name: string }, set = {}) =>
  at.context(settingsOf(bigcommerce.operations.find(({ name }) => name === operation.name)!, set)) as Context<never>

async function readAll(name: string, set = {}, from?: Cursor) {
  const pages = await collect(read(name).read(context({ name }, set), from))
  return { records: pages.flatMap(({ records }) => records), cursor: pages.at(-1)!.cursor }
}
const ids = (records: readonly DataRecord[]) => records.map(({ id }) => Number(id)).sort((a, b) => a - b)
const find = (name: string, keys: readonly string[], set = {}) => lookup(name).find(context({ name }, set), keys)

describe('orders', () => {
  test('all of them, then what changed; money stays text, times become instants', async () => {
    const first = await readAll('list-orders', { pageSize: 60 })
    expect(ids(first.records)).toEqual([...sandbox.store.orders.keys()])
    const [order] = first.records
    expect(order?.total_inc_tax).toMatch(/^\d+\.\d{4}$/)
    expect(order?.date_modified).toMatch(/^2026-09-01T\d\d:\d\d:\d\d\.000Z$/)

    const made = sandbox.placeOrder()
    sandbox.setStatus(120, 5)
    const again = await readAll('list-orders', { pageSize: 60 }, first.cursor)
    const news = again.records.filter(({ date_modified: changed }) => String(changed) > '2026-10')
    expect(ids(news)).toEqual([120, made.id])
    // A quiet run asks once and gets what it knows.
    const before = at.exchanges.length
    const quiet = await readAll('list-orders', { pageSize: 60 }, again.cursor)
    expect(at.exchanges.length - before).toBe(1)
    expect(quiet.cursor).toEqual(again.cursor)
  })

  test('none is lost when orders change between two pages, nor when a page is full of one second', async () => {
    const store = sandbox.store
    const second = store.now()
    for (const id of [101, 102, 103, 104, 105, 106, 107, 108]) store.orders.get(id)!.changedAt = second
    const operation = read('list-orders')
    const seen = new Set<number>()
    let pages = 0
    for await (const page of operation.read(context(operation, { pageSize: 5 }), undefined)) {
      for (const { id } of page.records) seen.add(Number(id))
      // The first orders of each page move to the end of the list.
      if (++pages < 8) for (const { id } of page.records.slice(0, 2)) sandbox.setStatus(Number(id), 10)
    }
    expect([...seen].sort((a, b) => a - b)).toEqual([...store.orders.keys()])
  })

  test('of some days, each once, and nothing else', async () => {
    const { window } = read('list-orders')
    const days = { from: '2026-09-03', to: '2026-09-05' }
    const pages = await collect(window!.read(context({ name: 'list-orders' }, { pageSize: 7 }), days, undefined))
    const expected = [...sandbox.store.orders.values()].filter(({ madeAt }) => {
      const day = new Date(madeAt).toISOString().slice(0, 10)
      return day >= days.from && day < days.to
    })
    expect(expected.length).toBeGreaterThan(20)
    expect(ids(pages.flatMap(({ records }) => records))).toEqual(expected.map(({ id }) => id))
    const rest = await collect(window!.read(context({ name: 'list-orders' }, { pageSize: 7 }), days, pages[1]!.cursor))
    expect(ids(rest.flatMap(({ records }) => records))).toEqual(expected.slice(14).map(({ id }) => id))
  })

  test('nothing at all is an answer without a body, and no error', async () => {
    const { window } = read('list-orders')
    const pages = await collect(
      window!.read(context({ name: 'list-orders' }), { from: '2020-01-01', to: '2020-01-02' }, undefined),
    )
    expect(pages.map(({ records }) => records)).toEqual([[]])
    expect(at.exchanges.at(-1)?.status).toBe(204)
  })

  test('one by its number, and none for what is no number', async () => {
    const found = await read('list-orders').single!.find(context({ name: 'list-orders' }), ['104', '999999', 'x'])
    expect([...found].map(([key, [order]]) => [key, order?.id])).toEqual([['104', 104]])
    const looked = await find('get-orders', [' 104', '999999', 'x'])
    expect([...looked].map(([key, { id, date_modified: at }]) => [key, id, String(at).at(-1)])).toEqual([
      [' 104', 104, 'Z'],
    ])
  })

  test('lines and payments by the number of the order', async () => {
    const lines = (await find('get-order-products', ['104'])).get('104')?.products as DataRecord[]
    expect(lines.length).toBe(sandbox.store.orders.get(104)!.lines.length)
    expect(lines[0]).toMatchObject({ sku: expect.stringMatching(/^SKU-/), price_ex_tax: expect.stringContaining('.') })
    expect((await find('get-order-products', ['999999'])).size).toBe(0)
    // Order 108 was refused once before it was paid.
    const failed = [...sandbox.store.transactions].find(({ status }) => status === 'error')!
    const paid = async (set: object) => {
      const found = (await find('get-transactions', [String(failed.order)], set)).get(String(failed.order))
      return found?.transactions as DataRecord[]
    }
    const moved = await paid({})
    expect(moved.every(({ status }) => status === 'ok')).toBe(true)
    expect((await paid({ tests: true })).length).toBe(moved.length + 1)
  })
})

test('refunds are read once, then only new ones', async () => {
  const first = await readAll('list-refunds', { pageSize: 5 })
  expect(ids(first.records)).toEqual(sandbox.store.refunds.map(({ id }) => id))
  const made = sandbox.refundOrder(110)!
  const again = await readAll('list-refunds', { pageSize: 5 }, first.cursor)
  expect(ids(again.records)).toContain(made.id)
  expect(again.records.length).toBeLessThan(5)
  expect(again.records.find(({ id }) => id === made.id)).toMatchObject({ order_id: 110, items: [{ quantity: 1 }] })
})

test('customers by change, by number and by e-mail; a guest is none', async () => {
  const first = await readAll('list-customers', { pageSize: 8 })
  expect(first.records.length).toBe(30)
  sandbox.renameCustomer(7, 'Stone')
  const again = await readAll('list-customers', { pageSize: 8 }, first.cursor)
  expect(again.records.filter(({ last_name: name }) => name === 'Stone').map(({ id }) => id)).toEqual([7])
  const { email } = sandbox.store.customers.get(7)!
  expect([...(await find('get-customers', ['0', '7', '7,8'])).keys()]).toEqual(['7'])
  expect([...(await find('get-customers', [email.toUpperCase()], { by: 'email' })).keys()]).toEqual([
    email.toUpperCase(),
  ])
})

describe('the quota of the store', () => {
  test('is kept by what each answer says, and waited for by the store’s own clock', async () => {
    const narrow = await startBigCommerceSandbox({ orders: 10, quota: 3, windowMs: 300 })
    const [limit] = bigcommerce.limits(
      { apiUrl: narrow.url, storeHash: 'x', callsPerMinute: 1000 },
      { credential: 'c' },
    )
    const open = openBigCommerce(narrow, { budget: createBudget(limit!) })
    const products = lookup('get-order-products')
    const ask = () => products.find(open.context(settingsOf(products)) as Context<never>, ['104'])
    try {
      for (let call = 0; call < 5; call++) await ask()
      expect(narrow.store.quota.refused).toBe(0)
      // Another app of the store takes all of the next window.
      const headers = { 'x-auth-token': narrow.accessToken, accept: 'application/json' }
      do await fetch(`${narrow.url}/stores/demohash/v2/orders/104`, { headers })
      while (narrow.store.quota.refused === 0)
      const error = await rejection(ask())
      expect(error).toMatchObject({ code: 'RATE_LIMITED', dialled: 'no' })
      const { retryAfterMs } = error as { retryAfterMs: number }
      expect(retryAfterMs).toBeGreaterThan(0)
      expect(retryAfterMs).toBeLessThanOrEqual(300)
      await ask()
      expect(narrow.store.quota.refused).toBe(2)
    } finally {
      await open.close()
      await narrow.close()
    }
  })

  test('a refusal without its header says nothing of when', async () => {
    const remote = await startRemote((_, response) => response.writeHead(429).end('{}'))
    const open = openBigCommerce(sandbox, { connection: { apiUrl: remote.url } })
    const products = lookup('get-order-products')
    const error = await rejection(products.find(open.context(settingsOf(products)) as Context<never>, ['104']))
    expect(error).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: undefined })
    await open.close()
    await remote.close()
  })
})

test('the connection test names the scope that is missing, and needs none to know the store', async () => {
  sandbox.store.denied.add('transactions')
  const findings = await bigcommerce.test(at.context({}))
  expect(findings.map(({ title, ok }) => [title, ok])).toEqual([
    ['Orders', true],
    ['Customers', true],
    ['Refunds', false],
    ['Products', true],
    ['Webhooks', true],
  ])
  expect(findings[2]?.detail).toContain('store_v2_transactions_read_only')
  expect(await bigcommerce.discover!(at.context({}))).toMatchObject({
    settings: { storeName: 'Sandbox Shop', currency: 'EUR' },
    pinned: { storeHash: 'demohash' },
  })
  sandbox.store.denied.add('information')
  expect(await bigcommerce.discover!(at.context({}))).toEqual({ settings: {}, pinned: { storeHash: 'demohash' } })
})

describe('hooks', () => {
  test('that were switched off are named by the connection test', async () => {
    const { store } = sandbox
    const hooks = async () => (await bigcommerce.test(at.context({}))).find(({ title }) => title === 'Webhooks')
    expect(await hooks()).toMatchObject({ ok: true, detail: expect.stringContaining('none') })
    const [client] = store.clients.values()
    const hook = { client: client!, scope: 'store/order/created', destination: 'http://localhost:1/', headers: {} }
    store.hooks.set(7, { id: 7, ...hook, active: true, madeAt: 0, changedAt: 0 })
    expect(await hooks()).toMatchObject({ ok: true, detail: '1 switched on' })
    store.hooks.get(7)!.active = false
    expect(await hooks()).toMatchObject({ ok: false, detail: expect.stringContaining('store/order/created (7)') })
    store.hooks.clear()
  })

  test('an event proves itself by the header its hook was made with, for its own store only', async () => {
    const receiver = await startRemote((_, response) => response.writeHead(200).end())
    const { http } = at.context({})
    const made = await http.send({
      method: 'POST',
      url: `${sandbox.url}/stores/demohash/v3/hooks`,
      json: {
        scope: 'store/order/statusUpdated',
        destination: `${receiver.url.replace('127.0.0.1', 'localhost')}/hooks/bigcommerce`,
        headers: { [KEY_HEADER]: keyOfStore('the-key', 'demohash') },
      },
    })
    expect(made.status).toBe(200)
    sandbox.setStatus(121, 10)
    sandbox.setStatus(121, 2)
    await sandbox.quiet()
    expect(receiver.received.length).toBe(2)
    const told = receiver.received.map(({ body, headers }) => ({ body: Buffer.from(body), headers }))
    for (const { body, headers } of told) {
      expect(hook.verify('the-key', body, headers)).toBe(true)
      expect(hook.verify('another-key', body, headers)).toBe(false)
      expect(hook.verify('', body, headers)).toBe(false)
      const forged = Buffer.from(body.toString().replace('demohash', 'theirs'))
      expect(hook.verify('the-key', forged, headers)).toBe(false)
      expect(hook.verify('the-key', body, {})).toBe(false)
    }
    const events = told.flatMap(({ body }) => hook.read(body) ?? [])
    expect(new Set(events.map(({ key }) => key)).size).toBe(2)
    expect(events[0]).toMatchObject({
      account: 'demohash',
      record: { scope: 'order/statusUpdated', resource: 'order', id: '121' },
    })
    expect(hook.read(Buffer.from('[]'))).toBeUndefined()
    await receiver.close()
  })

  test('the trigger takes the events it was told to', () => {
    if (onChange.kind !== 'trigger') throw new Error('no trigger')
    const wants = (scope: string) => onChange.wants(settingsOf(onChange) as never, { scope })
    expect([wants('order/statusUpdated'), wants('order/created')]).toEqual([true, false])
  })
})

describe('whole days', () => {
  const DAY = 86_400_000
  const days = (records: readonly DataRecord[]) => [...new Set(records.map(({ day }) => String(day)))].sort()
  const of = (records: readonly DataRecord[], day: string) =>
    records.filter((one) => one.day === day).map(({ document }) => String(document))
  const lines = [{ id: 1, product: 500, quantity: 1, price: 1000, refunded: 0 }]

  test('a day comes as a whole when one thing of it changed; others do not, nor what is not over', async () => {
    const box = await startBigCommerceSandbox({ orders: 400, customers: 10, quota: 'off' })
    const opened = openBigCommerce(box)
    const settings = settingsOf(read('list-whole-days'), { zone: 'Europe/Berlin' })
    const look = async (name: string, from?: Cursor) => {
      const pages = await collect(read(name).read(opened.context(settings) as Context<never>, from))
      return { records: pages.flatMap(({ records }) => records), cursor: pages.at(-1)!.cursor }
    }
    try {
      const today = box.placeOrder({ status: 10 })
      const first = await look('list-whole-days')
      // More than a page of orders, each once, and every refund with its order.
      const known = [...box.store.orders.values()].filter(({ id }) => id !== today.id).map(({ id }) => `order ${id}`)
      const refunds = box.store.refunds.map(({ id }) => `refund ${id}`)
      expect(first.records.map(({ document }) => document).sort()).toEqual([...known, ...refunds].sort())
      for (const { kind, order_id: id, order } of first.records) {
        if (kind === 'refund') expect(order).toMatchObject({ id })
      }
      expect((await look('list-whole-days', first.cursor)).records).toEqual([])

      // An order at half past midnight in Berlin, the evening before by UTC.
      const late = box.placeOrder({ status: 10, lines, madeAt: Date.parse('2026-09-04T22:30:00Z') })
      const second = await look('list-whole-days', first.cursor)
      expect(days(second.records)).toEqual(['2026-09-05'])
      const whole = of(first.records, '2026-09-05')
      expect(of(second.records, '2026-09-05').sort()).toEqual([...whole, 'day 2026-09-05', `order ${late.id}`].sort())

      // Archived: the day comes with it, marked. The days of an order's refunds come with the order.
      box.archiveOrder(late.id)
      const refunded = box.store.refunds.find(({ at }) => at > Date.parse('2026-09-10'))!
      box.refundOrder(refunded.order, Date.parse('2026-09-20T10:00:00Z'))
      const third = await look('list-whole-days', second.cursor)
      expect(third.records.find(({ document }) => document === `order ${late.id}`)).toMatchObject({ is_deleted: true })
      expect(days(third.records)).toContain('2026-09-20')
      expect(days(third.records)).toContain('2026-09-05')

      // The same, as days alone; today is none of them.
      const { records } = await look('list-changed-days')
      expect(days(records)[0]).toBe('2026-09-01')
      expect(days(records).at(-1)).toBe(
        new Date(Date.now() - DAY).toLocaleDateString('en-CA', { timeZone: 'Europe/Berlin' }),
      )
      const found = await lookup('get-whole-day').find(
        opened.context(settingsOf(lookup('get-whole-day'), { zone: 'Europe/Berlin' })) as Context<never>,
        ['2026-09-05', 'no day'],
      )
      const { records: inside } = found.get('2026-09-05') as { records: readonly DataRecord[] }
      expect(of(inside, '2026-09-05').sort()).toEqual([...whole, `order ${late.id}`].sort())
      expect(found.has('no day')).toBe(false)
      const few = { zone: 'Europe/Berlin', fields: ['id', 'total_amount'] }
      const slim = await lookup('get-whole-day').find(
        opened.context(settingsOf(lookup('get-whole-day'), few)) as Context<never>,
        ['2026-09-20'],
      )
      const { records: part } = slim.get('2026-09-20') as { records: readonly DataRecord[] }
      expect(Object.keys(part[0]!).sort()).toEqual(['day', 'document', 'id', 'kind'])
      expect(part.at(-1)).toEqual({
        ...{ id: expect.any(Number), total_amount: expect.any(Number), kind: 'refund', day: '2026-09-20' },
        ...{ document: expect.stringContaining('refund '), order: { id: refunded.order } },
      })
    } finally {
      await opened.close()
      await box.close()
    }
  })

  test('what changes while days are read comes with the next look', async () => {
    const box = await startBigCommerceSandbox({ orders: 60, quota: 'off' })
    const opened = openBigCommerce(box)
    try {
      const operation = read('list-changed-days')
      const at = opened.context(settingsOf(operation)) as Context<never>
      const pages = operation.read(at, undefined)
      let cursor: Cursor | undefined
      for await (const page of pages) {
        cursor = page.cursor
        box.setStatus(box.store.orders.keys().next().value!, 5)
      }
      const next = (await collect(operation.read(at, cursor))).flatMap(({ records }) => records)
      expect(days(next)).toEqual(['2026-09-01'])
    } finally {
      await opened.close()
      await box.close()
    }
  })
})

describe('records that come otherwise than BigCommerce says they are', () => {
  const spoil = (record: string, how?: Parameters<BigCommerceSandbox['spoil']>[1]) => sandbox.spoil(record, how)
  afterEach(() => sandbox.store.spoilt.clear())

  const flaws = async (name: string) => {
    const { flaw } = read(name)
    const { records } = await readAll(name)
    return records.flatMap((record) => flaw!(record) ?? []).map(({ code, message }) => `${code}: ${message}`)
  }

  test('are named with their field, in each list; the walk goes on past one without its time', async () => {
    expect(await flaws('list-orders')).toEqual([])
    spoil('order 103', { drop: ['total_inc_tax'] })
    spoil('order 104', { set: { status_id: 15 } })
    spoil('order 105', { set: { total_tax: '12,50' } })
    spoil('order 106', { set: { default_currency_code: 'XZZ' } })
    spoil('order 107', { drop: ['date_modified'] })
    expect((await flaws('list-orders')).sort()).toEqual([
      'CURRENCY_UNKNOWN: Nobody knows the currency “XZZ” of order 106, nor how many decimals it has.',
      'FIELD_UNEXPECTED: “date_modified” of order 107 is missing, and not a time.',
      'FIELD_UNEXPECTED: “status_id” of order 104 is 15, and not a value known here.',
      'FIELD_UNEXPECTED: “total_inc_tax” of order 103 is missing, and not an amount.',
      'FIELD_UNEXPECTED: “total_tax” of order 105 is the text “12,50”, and not an amount.',
    ])
    spoil('refund 1', { set: { items: null } })
    expect(await flaws('list-refunds')).toEqual(['FIELD_UNEXPECTED: “items” of refund 1 is null, and not a list.'])
    spoil('customer 3', { set: { email: null } })
    expect(await flaws('list-customers')).toEqual(['FIELD_UNEXPECTED: “email” of customer 3 is null, and not a text.'])
    // Of whole days too, where a refund brings its order along.
    const days = await flaws('list-whole-days')
    expect(days.filter((message) => message.includes('order 103')).length).toBeGreaterThan(0)
    expect(days).toContain('FIELD_UNEXPECTED: “items” of refund 1 is null, and not a list.')
  })

  test('an order that does not say its day is named all the same, and its neighbours’ days come', async () => {
    const first = await readAll('list-changed-days')
    sandbox.setStatus(110, 5)
    sandbox.setStatus(111, 5)
    spoil('order 110', { set: { date_created: 'yesterday' } })
    const { flaw } = read('list-changed-days')
    const { records } = await readAll('list-changed-days', {}, first.cursor)
    expect(records.flatMap((record) => flaw!(record)?.message ?? [])).toEqual([
      '“date_created” of order 110 is the text “yesterday”, and not a time.',
    ])
    const made = new Date(sandbox.store.orders.get(111)!.madeAt).toISOString().slice(0, 10)
    expect(records.map(({ day }) => day)).toContain(made)
  })

  test('what is looked up costs its own key, and what is not a payment is never taken for one', async () => {
    const [line] = sandbox.store.orders.get(104)!.lines
    spoil(`line ${line!.id}`, { set: { quantity: '2' } })
    expect(await rejection(find('get-order-products', ['104']))).toMatchObject({
      code: 'FIELD_UNEXPECTED',
      message: expect.stringContaining('is the text “2”, and not a number'),
    })
    expect((await find('get-order-products', ['105'])).size).toBe(1)
    spoil('order 106', { set: { status_id: '10' } })
    expect(await rejection(find('get-orders', ['106']))).toMatchObject({ code: 'FIELD_UNEXPECTED' })
    const paid = sandbox.payOrder(104)
    spoil(`transaction ${paid.id}`, { set: { status: 'maybe' } })
    expect(await rejection(find('get-transactions', ['104']))).toMatchObject({ code: 'FIELD_UNEXPECTED' })
    spoil('order 120', { drop: ['billing_address'] })
    const day = new Date(sandbox.store.orders.get(120)!.madeAt).toISOString().slice(0, 10)
    expect(await rejection(find('get-whole-day', [day]))).toMatchObject({ code: 'FIELD_UNEXPECTED' })
  })

  test('a declined refund and one without items come as they are; a test payment only to who asks for it', async () => {
    const { id } = sandbox.placeOrder({ status: 10 })
    const declined = sandbox.refundOrder(id, undefined, 'declined')!
    const adjusted = sandbox.refundOrder(id, undefined, 'tax')!
    const { records } = await readAll('list-refunds')
    const of = (refund: number) => records.find((one) => one.id === refund)
    expect(of(declined.id)).toMatchObject({ payments: [{ is_declined: true }] })
    expect(of(adjusted.id)).toMatchObject({ items: [], total_amount: adjusted.tax / 100 })
    sandbox.payOrder(id, { test: true })
    const moves = async (set: object) => {
      const found = (await find('get-transactions', [String(id)], set)).get(String(id))!
      return (found.transactions as DataRecord[]).length
    }
    expect([await moves({}), await moves({ tests: true })]).toEqual([1, 3])
  })
})

test('a platform under load and a store without room are told apart, and both are tried again', async () => {
  const products = lookup('get-order-products')
  const ask = () => products.find(at.context(settingsOf(products)) as Context<never>, ['104'])
  const armed = async (kind: '429-load' | '507') => {
    sandbox.store.faults.add([{ kind }])
    return rejection(ask())
  }
  expect(await armed('429-load')).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: undefined })
  expect(await armed('507')).toMatchObject({ code: 'REMOTE_DOWN', status: 507 })
})
