import { expect, test } from 'vitest'
import { expectedRows, rowsBetween, sandboxTotals, totalsOf } from '../support/ledger-oracle.ts'
import { type Scene, setStage } from '../support/scene.ts'
import { dayOf, decide, demandKinds, documentsOf, installed, linesOf, listOf, type Wire } from '../support/templates.ts'

// F04, F05, F06 and F15 share their keys: each alone, one after the other, never anything twice.

const stage = setStage()

const flat = (scene: Scene) => [...expectedRows(documentsOf(scene)).values()].flat()
const agrees = (scene: Scene) => expect(sandboxTotals(scene.emarsys)).toEqual(totalsOf(flat(scene)))
const salesCalls = (scene: Scene) => scene.emarsys.ledger.length

/** Opens a scene in which every awkward kind of document is there. */
async function awkward(): Promise<Scene> {
  const scene = await stage.open({ contacts: 30, invoices: 120, creditNotes: 12 })
  const sales = () => documentsOf(scene).filter((one) => one.Type === 'ACCREC')
  const open = sales().filter((one) => one.Status === 'AUTHORISED' && one.AmountPaid === 0 && one.AmountCredited === 0)
  const [part, credited, voided, lined] = open.map((one) => String(one.InvoiceID))
  scene.xero.pay(part!, { amount: 1 })
  scene.xero.credit(credited!, { amount: 1 })
  scene.xero.pay(credited!)
  scene.xero.void(voided!)
  const line = { Quantity: 3, AccountCode: '200', TaxType: 'OUTPUT2' }
  scene.xero.edit(lined!, {
    LineItems: [
      { ...line, Description: 'Seats', UnitAmount: 33.33, DiscountRate: 12.5 },
      { ...line, Description: 'Shipping', Quantity: 1, UnitAmount: 4.99 },
      { ...line, Description: 'A present', UnitAmount: 0 },
      { Description: 'Thank you for your order' },
      { ...line, Description: 'Rounding', Quantity: 1, UnitAmount: -0.01 },
    ],
  })
  scene.xero.pay(lined!)
  demandKinds(sales(), {
    'part-paid invoice': (one) => one.Status === 'AUTHORISED' && Number(one.AmountPaid) > 0,
    'foreign currency': (one) => one.Status === 'PAID' && one.CurrencyCode !== 'GBP',
    'tax included': (one) => one.Status === 'PAID' && one.LineAmountTypes === 'Inclusive',
    'single line': (one) => one.Status === 'PAID' && linesOf(one).length === 1,
    'part credited invoice': (one) => one.Status === 'PAID' && listOf(one.CreditNotes).length > 0,
    'voided invoice': (one) => one.Status === 'VOIDED',
    'discount, line of zero, rounding, comment': (one) =>
      one.Status === 'PAID' &&
      [
        (each: Wire) => Number(each.DiscountRate) > 0,
        (each: Wire) => each.LineAmount === 0,
        (each: Wire) => each.LineAmount === -0.01,
        (each: Wire) => each.AccountCode === undefined,
      ].every((is) => linesOf(one).some(is)),
  })
  return scene
}

test('F04: purchases add up to what was paid; again nothing; after edits exactly the differences', async () => {
  const scene = await awkward()
  const flow = await installed(stage, scene, 'paid-invoices-to-purchases')
  expect((await flow.run()).state).toBe('succeeded')
  agrees(scene)
  expect(scene.emarsys.sales.length).toBe(flat(scene).length)

  const before = { writes: salesCalls(scene) }
  const quiet = await flow.run()
  expect(quiet.counts.sent ?? 0).toBe(0)
  expect(salesCalls(scene)).toBe(before.writes)
  // One call for each list that may have changed: there is no cheaper way to ask.
  expect(quiet.counts.calls).toBeLessThanOrEqual(3)

  const rows = expectedRows(documentsOf(scene))
  const sent = scene.emarsys.sales.length
  const sales = documentsOf(scene).filter((one) => one.Type === 'ACCREC')
  const untouched = (one: (typeof sales)[number]) => listOf(one.CreditNotes).length === 0
  const [paid, again] = sales.filter(
    (one) => one.Status === 'PAID' && listOf(one.Payments).length === 1 && untouched(one),
  )
  const [open] = sales.filter((one) => one.Status === 'AUTHORISED' && one.AmountPaid === 0 && untouched(one))
  scene.xero.unpay(String(paid!.InvoiceID))
  scene.xero.unpay(String(again!.InvoiceID))
  scene.xero.void(String(again!.InvoiceID))
  scene.xero.pay(String(open!.InvoiceID))
  expect((await flow.run()).state).toBe('succeeded')
  expect(scene.emarsys.sales.length - sent).toBe(rowsBetween(rows, expectedRows(documentsOf(scene))))
  agrees(scene)
})

test('F06: what stopped counting is reversed as it was sent, and what never was sent is let be', async () => {
  const scene = await awkward()
  const purchases = await installed(stage, scene, 'paid-invoices-to-purchases')
  const reversals = await installed(stage, scene, 'voids-to-reversals')
  expect((await reversals.run()).counts.reversed ?? 0).toBe(0)
  await purchases.run()
  const sales = documentsOf(scene).filter((one) => one.Type === 'ACCREC' && one.Status === 'PAID')
  const [first, second] = sales.filter(
    (one) => listOf(one.Payments).length === 1 && listOf(one.CreditNotes).length === 0,
  )
  // Both were paid, and sent, in a month that is long closed; they are taken back on that day.
  const month = (one: Wire) => dayOf(one.FullyPaidOnDate).slice(0, 7)
  demandKinds([first!, second!], {
    'invoice of another month': (one) => month(one) < new Date().toISOString().slice(0, 7),
  })
  scene.xero.unpay(String(first!.InvoiceID))
  // Edited after it was sent, then voided: it goes as it was sent.
  scene.xero.unpay(String(second!.InvoiceID))
  scene.xero.edit(String(second!.InvoiceID))
  scene.xero.void(String(second!.InvoiceID))
  const run = await reversals.run()
  expect(run).toMatchObject({
    state: 'succeeded',
    counts: { reversed: linesOf(first!).length + linesOf(second!).length },
  })
  agrees(scene)
  const net = (id: unknown) =>
    scene.emarsys.sales
      .filter((row) => row.s_document === `invoice ${id}`)
      .reduce((sum, row) => sum + Math.round(Number(row.price) * 100), 0)
  expect([net(first!.InvoiceID), net(second!.InvoiceID)]).toEqual([0, 0])
  // Neither flow has anything left, whichever comes first.
  const sent = scene.emarsys.sales.length
  expect((await reversals.run()).counts.calls).toBeLessThanOrEqual(2)
  await purchases.run()
  expect(scene.emarsys.sales.length).toBe(sent)
  scene.xero.pay(String(first!.InvoiceID))
  await purchases.run()
  agrees(scene)
})

test('F05: credit counts where it is settled, pro rata, also when it is allocated later', async () => {
  const scene = await awkward()
  const sales = () => documentsOf(scene).filter((one) => one.Type === 'ACCREC')
  const notes = documentsOf(scene).filter((one) => one.Type === 'ACCRECCREDIT')
  const givenOn = (one: Wire) => new Set(listOf(one.Allocations).map((part) => (part.Invoice as Wire).InvoiceID)).size
  demandKinds(notes, {
    'credit note of which a part is given': (one) => givenOn(one) > 0 && Number(one.RemainingCredit) > 0,
    'credit note that is given on nothing': (one) => givenOn(one) === 0 && one.RemainingCredit === one.Total,
    'cash refund': (one) => listOf(one.Payments).length > 0,
    'credit note over several invoices': (one) => givenOn(one) > 1,
  })
  // Only contacts that are there can lose something: F02 makes them.
  await (await installed(stage, scene, 'contacts-to-emarsys', { onlyWithEmail: false })).run()
  const credits = await installed(stage, scene, 'credit-notes-to-negative-rows')
  expect((await credits.run()).state).toBe('succeeded')
  const creditRows = () =>
    [...expectedRows(documentsOf(scene))].filter(([name]) => name.startsWith('credit')).flatMap(([, rows]) => rows)
  expect(creditRows().length).toBeGreaterThan(3)
  expect(sandboxTotals(scene.emarsys)).toEqual(totalsOf(creditRows()))

  // Given later on an invoice that is open: it waits until the invoice is paid.
  const [open] = sales().filter(
    (one) => one.Status === 'AUTHORISED' && one.AmountPaid === 0 && Number(one.AmountDue) > 10,
  )
  scene.xero.credit(String(open!.InvoiceID), { amount: 5 })
  expect((await credits.run()).counts.sent ?? 0).toBe(0)
  scene.xero.pay(String(open!.InvoiceID))
  expect((await credits.run()).counts.sent).toBeGreaterThan(0)
  expect(sandboxTotals(scene.emarsys)).toEqual(totalsOf(creditRows()))
  // The invoice is un-paid again: so is the credit.
  scene.xero.unpay(String(open!.InvoiceID))
  expect((await credits.run()).counts.reversed).toBeGreaterThan(0)
  expect(sandboxTotals(scene.emarsys)).toEqual(totalsOf(creditRows()))
  expect((await credits.run()).counts.sent ?? 0).toBe(0)
})

test('F15: month by month, over what the live flow has sent, and no month twice', async () => {
  const scene = await awkward()
  await (await installed(stage, scene, 'contacts-to-emarsys', { onlyWithEmail: false })).run()
  const backfill = await installed(stage, scene, 'backfill-purchases')
  const days = documentsOf(scene)
    .filter((one) => one.Type === 'ACCREC')
    .map((one) => new Date(Number(/-?\d+/.exec(String(one.Date))![0])).toISOString().slice(0, 7))
  const months = [...new Set(days)].sort()
  const next = (month: string) =>
    new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)), 1)).toISOString().slice(0, 7)
  // The newest month has been sent by the live flow.
  const live = await installed(stage, scene, 'paid-invoices-to-purchases')
  await live.window(`${months.at(-1)}-01`, `${next(months.at(-1)!)}-01`)
  const overlap = scene.emarsys.sales.length
  expect(overlap).toBeGreaterThan(0)
  const first = await backfill.window(`${months.at(-1)}-01`, `${next(months.at(-1)!)}-01`)
  expect(first.counts.sent ?? 0).toBe(0)
  expect((await backfill.window(`${months[0]}-01`, `${next(months.at(-1)!)}-01`)).state).toBe('succeeded')
  agrees(scene)
  const sent = scene.emarsys.sales.length
  await backfill.window(`${months[0]}-01`, `${next(months[0]!)}-01`)
  expect(scene.emarsys.sales.length).toBe(sent)
})

test('F04: by a policy of days after due an invoice counts without any change in Xero, and its credit with it', async () => {
  const scene = await awkward()
  const rule = { basis: 'due', tolerance: 0, credit: 'settled' } as const
  const DAY = 86_400_000
  const countsOn = (one: Wire, days: number) => Date.parse(dayOf(one.DueDate)) + days * DAY
  /** The books as the policy reads them: what is due for so long is as good as paid on that day. */
  const asDue = (days: number) =>
    documentsOf(scene).map((one) =>
      one.Status === 'AUTHORISED' && one.Type === 'ACCREC' && countsOn(one, days) <= Date.now()
        ? { ...one, Status: 'PAID', FullyPaidOnDate: `/Date(${countsOn(one, days)}+0000)/` }
        : one,
    )
  const holds = (days: number) =>
    expect(sandboxTotals(scene.emarsys)).toEqual(totalsOf([...expectedRows(asDue(days)).values()].flat()))
  const open = documentsOf(scene).filter((one) => one.Type === 'ACCREC' && one.Status === 'AUTHORISED')
  scene.xero.credit(String(open.find((one) => countsOn(one, 5) <= Date.now())!.InvoiceID), { amount: 3 })
  demandKinds(open, {
    'invoice due for five days': (one) => countsOn(one, 5) <= Date.now(),
    'invoice not due for so long': (one) => countsOn(one, 5) > Date.now(),
  })

  await decide(stage, scene, 0, { ...rule, daysAfterDue: 300 })
  const flow = await installed(stage, scene, 'paid-invoices-to-purchases')
  expect((await flow.run()).state).toBe('succeeded')
  holds(300)
  // The policy changes, and nothing in Xero does: the nightly look finds what counts by now.
  await decide(stage, scene, 1, { ...rule, daysAfterDue: 5 })
  const night = await flow.runFrom('every-night')
  expect(night.state).toBe('succeeded')
  expect(night.counts.sent).toBeGreaterThan(0)
  holds(5)
  expect((await flow.runFrom('every-night')).counts.sent ?? 0).toBe(0)
  // Paid after all: it counts from the day of the payment.
  scene.xero.pay(String(open.find((one) => countsOn(one, 5) <= Date.now())!.InvoiceID))
  await flow.run()
  holds(5)
})
