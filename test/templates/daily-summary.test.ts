import { expect, test } from 'vitest'
import type { Order, Store } from '../../connectors/bigcommerce/sandbox/store.ts'
import {
  bookedSums,
  counts,
  expectedRevenue,
  expectedSums,
  londonDay,
  netOf,
  type Sums,
} from '../support/shop-oracle.ts'
import { type Scene, setStage } from '../support/scene.ts'
import { installed } from '../support/templates.ts'

// F11 and F18: what a shop sold reaches the books by the day, and Emarsys once the books agree.

const stage = setStage()

const ANSWERS = {
  firstDay: '2026-09-01',
  status: 'POSTED',
  shippingAccount: '260',
  refundAccount: '201',
  trackingBy: 'country',
  trackingCategory: 'Region',
  trackingOptions: ['DE = North', 'FR = South'],
}
const NOON = (day: string) => Date.parse(`${day}T12:00:00Z`)

const journals = ({ xero }: Scene) => xero.state.books.journals.ordered
const shopOf = ({ shop }: Scene) => shop!
const line = (price: number, id = 1) => ({ id, product: 500, quantity: 1, price, refunded: 0 })

/** A shop with every awkward kind of order and refund. */
async function awkward(): Promise<Scene> {
  const shop = { orders: 60, customers: 10, currency: 'GBP' }
  const salesColumns = ['item', 'price', 'order', 'timestamp', 'email', 'quantity', 'f_original_amount']
  const scene = await stage.open({
    ...{ contacts: 2, invoices: 2, creditNotes: 0, shop },
    salesColumns: [...salesColumns, 's_original_currency', 's_document', 's_kind'],
  })
  const { store, placeOrder, refundOrder, archiveOrder } = shopOf(scene)
  placeOrder({ status: 10, madeAt: NOON('2026-09-02'), lines: [line(3333)], shipping: 499, country: 'FR' })
  placeOrder({ status: 10, madeAt: NOON('2026-09-02'), lines: [line(1999)], taxFree: true, country: 'IT' })
  // Half past eleven in the evening by UTC is the next day in London.
  placeOrder({ status: 11, madeAt: Date.parse('2026-09-03T23:30:00Z'), lines: [line(777)] })
  archiveOrder(placeOrder({ status: 10, madeAt: NOON('2026-09-03'), lines: [line(5000)] }).id)
  const late = placeOrder({ status: 10, madeAt: NOON('2026-09-01'), lines: [line(4000)] })
  refundOrder(late.id, NOON('2026-09-06'))
  // No money went back; of two payments one did; it went back in cash.
  for (const kind of ['declined', 'partly', 'offline'] as const) {
    const lines = [{ ...line(2500), quantity: 2 }]
    refundOrder(placeOrder({ status: 10, madeAt: NOON('2026-09-02'), lines }).id, NOON('2026-09-05'), kind)
  }
  // Today is not over: it waits for its night.
  placeOrder({ status: 10, lines: [line(123)] })
  const orders = [...store.orders.values()]
  const kinds = {
    cancelled: orders.some(({ status }) => status === 5),
    unpaid: orders.some(({ status }) => status === 7),
    refunded: orders.some(({ status }) => status === 4),
    foreign: orders.some((order) => counts(order) && order.currency === 'EUR'),
  }
  expect(kinds).toEqual({ cancelled: true, unpaid: true, refunded: true, foreign: true })
  return scene
}

/** Cents of a day's orders in pounds beside these, less its refunds. */
function poundsOn(store: Store, day: string, beside: readonly { readonly id: number }[]): number {
  const known = new Set(beside.map(({ id }) => id))
  const gross = (order: Order) => netOf(order) + Math.round(netOf(order) * 0.2)
  const ours = [...store.orders.values()].filter((one) => counts(one) && one.currency === 'GBP' && !known.has(one.id))
  const ids = new Set(ours.map(({ id }) => id))
  const sold = ours.filter(({ madeAt }) => londonDay(madeAt) === day).reduce((sum, one) => sum + gross(one), 0)
  const back = store.refunds.filter(({ order, at }) => ids.has(order) && londonDay(at) === day)
  return sold - back.reduce((sum, { total }) => sum + total, 0)
}

const withoutToday = (sums: Sums) => {
  const today = londonDay(Date.now())
  return Object.fromEntries(Object.entries(sums).filter(([place]) => !place.startsWith(today)))
}
const booked = (scene: Scene) =>
  expect(bookedSums(journals(scene))).toEqual(withoutToday(expectedSums(shopOf(scene).store)))

test('F11: each day is one balanced journal; again nothing; after edits exactly the differences', async () => {
  const scene = await awkward()
  const { store, placeOrder, setStatus, editOrder, archiveOrder, refundOrder } = shopOf(scene)
  // After some days on which nothing was sold.
  placeOrder({ status: 10, madeAt: NOON('2026-09-10'), lines: [line(2500)] })
  const flow = await installed(stage, scene, 'daily-summary-journal', ANSWERS)
  const first = await flow.run()
  expect(first).toMatchObject({ state: 'succeeded' })
  booked(scene)
  const before = journals(scene).map(({ id, narration, lines }) => ({ id, narration, lines: structuredClone(lines) }))
  expect(new Set(before.map(({ narration }) => /\[.*\]/.exec(narration)?.[0])).size).toBe(before.length)
  for (const { lines } of before) expect(lines.reduce((sum, { amount }) => sum + amount, 0)).toBe(0)
  // Of a day on which nothing was sold or given back there is no journal, not even one of nothing.
  const days = before.map(({ narration }) => /\[Web shop (\S+)\]/.exec(narration)![1]!).sort()
  expect(before.filter(({ lines }) => lines.length < 2)).toEqual([])
  expect((Date.parse(days.at(-1)!) - Date.parse(days[0]!)) / 86_400_000 + 1).toBeGreaterThan(days.length)

  const quiet = await flow.run()
  expect([quiet.counts.sent ?? 0, quiet.counts.reversed ?? 0]).toEqual([0, 0])
  // By now nothing is near enough to the newest change to be looked at again: changed orders, archived ones, refunds, and
  // the lock dates.
  expect((await flow.run()).counts.calls).toBe(4)

  const onDay = (day: string) =>
    [...store.orders.values()].filter((one) => counts(one) && londonDay(one.madeAt) === day)
  setStatus(onDay('2026-09-01')[0]!.id, 5)
  editOrder(onDay('2026-09-02')[0]!.id, [line(12_345)])
  for (const { id } of onDay('2026-09-04')) archiveOrder(id)
  refundOrder(
    onDay('2026-09-03').find(({ lines }) => lines.some(({ refunded }) => refunded === 0))!.id,
    NOON('2026-09-07'),
  )
  expect((await flow.run()).state).toBe('succeeded')
  booked(scene)
  // Nothing that was posted is touched, and each day that changed has one journal more.
  const now = journals(scene)
  expect(now.slice(0, before.length)).toMatchObject(before)
  const added = now.slice(before.length).map(({ narration }) => /\[Web shop (.*)\]/.exec(narration)?.[1])
  expect(added.sort()).toEqual(['2026-09-01 v2', '2026-09-02 v2', '2026-09-04 v2', '2026-09-07'])
  expect((await flow.run()).counts.sent ?? 0).toBe(0)

  // Of a refund of tax alone nobody but finance knows which tax it corrects: it is booked by no journal.
  const lines = [{ ...line(2500), quantity: 2 }]
  refundOrder(placeOrder({ status: 10, madeAt: NOON('2026-09-02'), lines }).id, NOON('2026-09-05'), 'tax')
  expect((await flow.run()).state).toBe('partly')
  booked(scene)
  expect(await scene.workspace.exceptions()).toMatchObject([
    { code: 'SET_ASIDE', desk: 'finance', message: expect.stringMatching(/gives back 5(\.0+)? of tax alone/) },
  ])
})

test('F11: a lost answer is looked for, an order without a rate and an archived account are named, neighbours go on', async () => {
  // The store is kept in euros and the books in pounds: only orders in pounds have an amount there.
  const scene = await stage.open({ contacts: 2, invoices: 2, creditNotes: 0, shop: { orders: 40, customers: 5 } })
  const { store, placeOrder } = shopOf(scene)
  const pounds = { status: 10, currency: 'GBP', country: 'IT' }
  const inPounds = ['2026-09-01', '2026-09-02', '2026-09-03'].map((day, at) =>
    placeOrder({
      ...pounds,
      madeAt: NOON(day),
      lines: [line(1000 * (at + 1))],
      ...(at === 1 ? { shipping: 500 } : {}),
    }),
  )
  scene.xero.archiveAccount('260')
  scene.xero.addFaults([
    { kind: 'reset-after', match: { method: 'PUT', pathPrefix: '/api.xro/2.0/ManualJournals' }, times: 1 },
  ])
  const flow = await installed(stage, scene, 'daily-summary-journal', ANSWERS)
  expect((await flow.run()).state).toBe('partly')
  const { set, other } = Object.groupBy(await scene.workspace.exceptions(), ({ code }) =>
    code === 'SET_ASIDE' ? 'set' : 'other',
  )
  const euros = [...store.orders.values(), ...store.refunds.map(({ order }) => store.orders.get(order)!)].filter(
    (one) => counts(one) && one.currency === 'EUR',
  )
  expect(set).toHaveLength(euros.length)
  expect(set![0]).toMatchObject({ desk: 'finance', message: expect.stringContaining('It is in EUR') })
  // The day with shipping needs the account that is archived.
  expect(other).toMatchObject([{ code: 'TARGET_INACTIVE', desk: 'finance', business_key: 'Web shop 2026-09-02' }])
  const sums = bookedSums(journals(scene))
  expect([sums['2026-09-01 825 NONE '], sums['2026-09-02 825 NONE '], sums['2026-09-03 825 NONE ']]).toEqual([
    ...[1200 + poundsOn(store, '2026-09-01', inPounds), undefined, 3600 + poundsOn(store, '2026-09-03', inPounds)],
  ])
  expect(journals(scene)).toHaveLength(new Set(journals(scene).map(({ narration }) => narration)).size)
})

test('F11: a worker that dies when the journals were posted, and nobody had heard of it yet, posts none twice', async () => {
  const shop = { orders: 40, currency: 'GBP' }
  const scene = await stage.open({ contacts: 2, invoices: 2, creditNotes: 0, shop, withoutWorker: true })
  const flow = await installed(stage, scene, 'daily-summary-journal', ANSWERS)
  const dying = await stage.process(scene, 15, { point: 'ledger.answer:before', hit: 1, how: 'kill' })
  const run = flow.run()
  await dying.exited
  expect(journals(scene).length).toBeGreaterThan(0)
  await stage.process(scene)
  expect(await run).toMatchObject({ state: 'succeeded', epoch: 2 })
  booked(scene)
  expect(new Set(journals(scene).map(({ narration }) => narration)).size).toBe(journals(scene).length)
})

test('F11: a closed day is held for finance and its neighbours are booked; or it is booked on the next open day', async () => {
  const scene = await stage.open({ contacts: 2, invoices: 2, creditNotes: 0, shop: { orders: 40, currency: 'GBP' } })
  const { store, editOrder } = shopOf(scene)
  scene.xero.lock({ period: '2026-09-01' })
  const flow = await installed(stage, scene, 'daily-summary-journal', ANSWERS)
  expect((await flow.run()).state).toBe('partly')
  expect(await scene.workspace.exceptions()).toMatchObject([
    { code: 'PERIOD_LOCKED', desk: 'finance', business_key: 'Web shop 2026-09-01' },
  ])
  const open = (sums: Sums) => Object.fromEntries(Object.entries(sums).filter(([place]) => place > '2026-09-02'))
  expect(bookedSums(journals(scene))).toEqual(open(expectedSums(store)))

  await flow.answer({ ...ANSWERS, locked: 'next-day' })
  const early = [...store.orders.values()].find((one) => counts(one) && londonDay(one.madeAt) === '2026-09-01')!
  editOrder(early.id, [line(8_800)])
  expect((await flow.run()).state).toBe('succeeded')
  booked(scene)
  const late = journals(scene).at(-1)!
  expect(new Date(late.date * 86_400_000).toISOString().slice(0, 10)).toBe('2026-09-02')
  expect(late.narration).toMatch(/^Sales of 2026-09-01: .* Booked on the next open day\. \[Web shop 2026-09-01/)
  const gross = Object.entries(expectedSums(store)).find(([place]) => place.startsWith('2026-09-01 825'))![1]
  expect(late.narration.replaceAll(',', '')).toContain(`gross ${(gross / 100).toFixed(2)} GBP`)
})

test('F11: where each order is an invoice, there are as many invoices and credit notes, each once', async () => {
  const scene = await stage.open({ contacts: 2, invoices: 2, creditNotes: 0, shop: { orders: 40, currency: 'GBP' } })
  const { store, placeOrder, editOrder, setStatus } = shopOf(scene)
  const flow = await installed(stage, scene, 'daily-summary-journal', { ...ANSWERS, mode: 'each' })
  const made = () => {
    const { invoices, creditNotes } = scene.xero.state.books
    const ours = (list: readonly { readonly number: string; readonly total: number }[]) =>
      Object.fromEntries(
        list.filter(({ number }) => number.startsWith('Web shop')).map((one) => [one.number, one.total]),
      )
    return { ...ours(invoices.ordered), ...ours(creditNotes.ordered) }
  }
  const wanted = () => {
    const gross = (net: number) => net + Math.round(net * 0.2)
    const orders = [...store.orders.values()].filter((one) => counts(one) && londonDay(one.madeAt) > '2026-08-31')
    const ids = new Set(orders.map(({ id }) => id))
    return Object.fromEntries([
      ...orders.map((one) => [
        `Web shop ${one.id}`,
        gross(one.lines.reduce((sum, l) => sum + l.price * l.quantity, 0)),
      ]),
      ...store.refunds
        .filter(({ order, declined }) => !declined && ids.has(order))
        .map((one) => [`Web shop refund ${one.id}`, one.total - (one.declinedPart ?? 0)]),
    ])
  }
  const refused = [...store.orders.values()].find(
    (one) => counts(one) && one.lines.some(({ refunded }) => refunded === 0),
  )!
  scene.shop!.refundOrder(refused.id, NOON('2026-09-08'), 'declined')
  const partly = placeOrder({ status: 10, madeAt: NOON('2026-09-03'), lines: [line(3000)] })
  scene.shop!.refundOrder(partly.id, NOON('2026-09-08'), 'partly')
  expect((await flow.run()).state).toBe('succeeded')
  expect(made()).toEqual(wanted())
  expect(journals(scene)).toEqual([])
  placeOrder({ status: 10, madeAt: NOON('2026-09-02'), lines: [line(1234)] })
  expect((await flow.run()).counts.sent).toBe(1)
  expect(made()).toEqual(wanted())

  // What changes of an order that is booked is said: nobody else would see it.
  const [edited, cancelled] = [...store.orders.values()].filter(
    (one) => counts(one) && londonDay(one.madeAt) === '2026-09-01',
  )
  const paid = [...store.orders.values()].find(({ status }) => status === 7)!
  const was = made()
  editOrder(edited!.id, [line(9_999)])
  setStatus(cancelled!.id, 5)
  setStatus(paid.id, 11)
  expect((await flow.run()).counts).toMatchObject({ sent: 1, exceptions: 2 })
  expect(made()).toEqual({ ...was, [`Web shop ${paid.id}`]: wanted()[`Web shop ${paid.id}`] })
  const said = await scene.workspace.exceptions()
  expect(said.map(({ code, desk }) => [code, desk])).toEqual(Array(2).fill(['SET_ASIDE', 'finance']))
  expect(said.map(({ message }) => message).join()).toMatch(/and is 119\.9900 now.*and does not count any more/)

  // A day that was booked as a journal before is not booked again, order by order.
  const before = placeOrder({ status: 10, madeAt: NOON('2026-08-31'), lines: [line(100)] })
  await flow.answer({ ...ANSWERS, firstDay: '2026-08-01', mode: 'daily' })
  const days = journals(scene).length
  await flow.run()
  expect(journals(scene).slice(days)).toMatchObject([{ narration: expect.stringContaining('[Web shop 2026-08-31]') }])
  await flow.answer({ ...ANSWERS, firstDay: '2026-08-01', mode: 'each' })
  editOrder(before.id, [line(200)])
  expect((await flow.run()).state).toBe('partly')
  expect(Object.keys(made())).not.toContain(`Web shop ${before.id}`)
  const [last] = (await scene.workspace.exceptions()).filter(({ message }) => message.includes('as a journal already'))
  expect(last).toMatchObject({ code: 'SET_ASIDE', desk: 'finance' })
})

test('F18: only days that agree with their journals are sent; again nothing; after edits exactly the differences', async () => {
  const scene = await awkward()
  const { store, editOrder, archiveOrder } = shopOf(scene)
  const journal = await installed(stage, scene, 'daily-summary-journal', ANSWERS)
  const feed = await installed(stage, scene, 'order-feed', { firstDay: '2026-09-01' })
  const revenue = () => {
    const sums: Sums = {}
    for (const { timestamp, price } of scene.emarsys.sales) {
      const day = String(timestamp).slice(0, 10)
      sums[day] = (sums[day] ?? 0) + Math.round(Number(price) * 100)
      if (sums[day] === 0) delete sums[day]
    }
    return sums
  }
  const open = () =>
    stage.database.owner.db
      .selectFrom('exceptions')
      .select('business_key')
      .where('workspace_id', '=', scene.workspace.id)
      .where('state', '=', 'open')
      .execute()
  const complaints = async () => (await scene.workspace.exceptions()).map(({ message }) => message).sort()

  // Nothing is booked: no day with sales agrees, each says both totals, and nothing is sent.
  expect((await feed.run()).state).toBe('partly')
  expect(scene.emarsys.sales.length).toBe(0)
  const gross = expectedSums(store)['2026-09-01 825 NONE ']! / 100
  const first = await scene.workspace.exceptions()
  expect(first[0]).toMatchObject({ code: 'SET_ASIDE', desk: 'finance', business_key: 'Web shop 2026-09-01' })
  expect(first[0]!.message).toBe(`The orders of 2026-09-01 add up to ${gross}, their journals in Xero to 0 GBP.`)
  expect(await complaints()).toHaveLength(6)

  // Booked and posted, they agree by themselves, and nobody has to close what was said.
  await journal.run()
  expect((await feed.run()).state).toBe('succeeded')
  expect(await open()).toEqual([])
  expect(revenue()).toEqual(withoutToday(expectedRevenue(store)))
  const sent = scene.emarsys.sales.length
  const quiet = await feed.run()
  expect([quiet.counts.sent ?? 0, quiet.counts.reversed ?? 0]).toEqual([0, 0])
  expect(scene.emarsys.sales.length).toBe(sent)
  // Changed orders, archived ones, refunds, journals.
  expect((await feed.run()).counts.calls).toBe(4)

  // Edited in the shop, not yet in the books: the whole day stands still, other days do not.
  const onDay = (day: string) =>
    [...store.orders.values()].filter((one) => counts(one) && londonDay(one.madeAt) === day)
  const [edited, archived] = onDay('2026-09-02')
  editOrder(edited!.id, [line(4_321), line(99, 2)])
  archiveOrder(archived!.id)
  expect((await feed.run()).state).toBe('partly')
  expect(scene.emarsys.sales.length).toBe(sent)
  await journal.run()
  const change = await feed.run()
  expect(change.state).toBe('succeeded')
  expect(await open()).toEqual([])
  // Two lines that are new; what the two orders had is taken back, with the refunds of the one that is gone.
  const refunded = store.refunds.filter(({ order }) => order === archived!.id).map(({ id }) => `refund ${id}`)
  const gone = [`order ${edited!.id}`, `order ${archived!.id}`, ...refunded].map((name) => `Web shop ${name}`)
  const had = scene.emarsys.sales.slice(0, sent).filter(({ s_document: of }) => gone.includes(String(of))).length
  expect(change.counts).toMatchObject({ sent: 2, reversed: had })
  expect(revenue()).toEqual(withoutToday(expectedRevenue(store)))

  // A person changes the books by hand: the day does not agree any more, and says what it is off by.
  await journal.answer({ ...ANSWERS, status: 'DRAFT' })
  editOrder(edited!.id, [line(5_000)])
  await journal.run()
  expect((await feed.run()).state).toBe('partly')
  expect((await complaints()).some((message) => message.includes('waits to be posted'))).toBe(true)
})
