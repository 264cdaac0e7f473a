import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BigCommerceSandbox, startBigCommerceSandbox } from '../../connectors/bigcommerce/sandbox/server.ts'
import { type Caller, type Installation, install, XERO_CONNECTION } from './installation.ts'

let shop: BigCommerceSandbox
let it: Installation
let owner: Caller
let at: string
let bindings: { [slot: string]: string }

const F11 = 'daily-summary-journal'
const DAY = 86_400_000

beforeAll(async () => {
  shop = await startBigCommerceSandbox({ orders: 0, quota: 'off', currency: 'GBP' })
  const yesterday = Math.floor(Date.now() / DAY) * DAY - DAY
  // Three a day for four weeks; what is older does not count.
  for (let day = 0; day < 30; day++) {
    for (const hour of [1, 2, 3]) {
      const lines = [{ id: 1, product: 500, quantity: 1, price: 1000, refunded: 0 }]
      const order = shop.placeOrder({ status: 10, lines, madeAt: yesterday - day * DAY + hour * 3_600_000 })
      if (hour === 1 && day % 4 === 0) shop.refundOrder(order.id, yesterday - day * DAY + 2 * 3_600_000)
    }
  }
  it = await install({ egressAllow: [new URL(shop.url).host] })
  const workspace = await it.workspace()
  owner = await it.member(workspace, 'owner')
  at = `/workspaces/${workspace}`
  const connect = async (body: object) => (await owner.call('POST', `${at}/connections`, body)).json().id as string
  bindings = {
    xero: await connect({ ...XERO_CONNECTION, settings: { tenantId: '7a1b8c52-0b0e-4a5e-9f35-2f4a1f0c9d11' } }),
    shop: await connect({
      ...{ connector: 'bigcommerce', name: 'Shop', login: 'token' },
      settings: { apiUrl: shop.url, storeHash: shop.storeHash, callsPerMinute: 100_000 },
      secrets: { accessToken: shop.accessToken },
    }),
  }
})
afterAll(async () => {
  await it?.close()
  await shop?.close()
})

const ask = (body: object, template = F11) => owner.call('POST', `${at}/templates/${template}/what-if`, body)

test('both ways are compared at what the shop sold in four weeks', async () => {
  const answer = await ask({ bindings })
  expect(answer.statusCode, answer.body).toBe(200)
  expect(answer.json()).toMatchObject({
    volume: [
      { name: 'orders', perDay: 3 },
      { name: 'refunds', perDay: 0.3 },
    ],
    countedDays: 28,
    perDay: 5000,
    choices: [
      // One account, two tax rates, and the account for takings.
      { value: 'daily', documents: 1, documentsOfMonth: 30, lines: 3, calls: 4, shareOfDay: 4 / 5000, advice: null },
      { value: 'each', documents: 3.3, documentsOfMonth: 100, lines: 7, calls: 8, advice: null },
    ],
  })
  // One look and one page for each list.
  expect([...shop.store.calls.values()].reduce((sum, calls) => sum + calls, 0)).toBeLessThanOrEqual(4)
})

test('a volume that is given is taken, with the answers so far; much of it brings advice', async () => {
  const answers = { shippingAccount: '260', trackingBy: 'country', trackingOptions: ['DE = North', 'FR = South'] }
  const { choices, countedDays } = (await ask({ bindings: {}, answers, volume: { orders: 800, refunds: 60 } })).json()
  expect(countedDays).toBeNull()
  expect(choices).toMatchObject([
    // Two accounts, two rates, three regions with “none”, and one more.
    { documents: 1, lines: 13, calls: 4, shareOfDay: null },
    // Sixteen calls for the invoices and two for the credit notes, four and one looks of two, two reads.
    { documents: 860, lines: 1660, calls: 2 + 16 + 4 * 2 + 2 + 2, advice: expect.stringContaining('1,000') },
  ])
})

test('what cannot be compared is refused with its reason', async () => {
  expect((await ask({ bindings: {} })).json()).toMatchObject({
    code: 'BINDING_INVALID',
    detail: expect.stringContaining('The shop'),
  })
  expect((await ask({ bindings: { ...bindings, shop: bindings.xero } })).json().code).toBe('BINDING_INVALID')
  expect((await ask({ bindings, answers: { mode: 'often' } })).json().code).toBe('ANSWERS_REFUSED')
  expect((await ask({ bindings }, 'health')).statusCode).toBe(404)
  shop.store.denied.add('orders')
  expect((await ask({ bindings })).json()).toMatchObject({ code: 'REMOTE_FAILED' })
})
