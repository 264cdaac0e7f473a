import { expect, test } from 'vitest'
import { type Scene, setStage } from '../support/scene.ts'
import { atEmarsys, baseCents, dayOf, documentsOf, installed, listOf, type Wire } from '../support/templates.ts'

const stage = setStage()
const NAMES = [
  'ltv_net',
  'ltv_gross',
  'orders',
  'first_paid',
  'last_paid',
  'average_order',
  'refund_rate',
  'days_to_pay',
  'outstanding',
  'verified_at',
] as const

/** Halves away from zero. */
const rounded = (value: number): number => Math.sign(value) * Math.round(Math.abs(value) + 1e-9)

/** Net, gross, orders and what is outstanding of a customer by the books, in cents. */
function expected(scene: Scene, contact: string) {
  const mine = documentsOf(scene).filter((one) => (one.Contact as Wire).ContactID === contact)
  const sales = mine.filter((one) => one.Type === 'ACCREC')
  const paid = sales.filter((one) => one.Status === 'PAID')
  const standing = sales.filter((one) => ['PAID', 'AUTHORISED'].includes(String(one.Status)))
  const notes = mine.filter((one) => one.Type === 'ACCRECCREDIT' && ['AUTHORISED', 'PAID'].includes(String(one.Status)))
  const sum = (list: readonly Wire[], of: (one: Wire) => number) => list.reduce((total, one) => total + of(one), 0)
  const settled = (one: Wire) => Math.round((Number(one.Total) - Number(one.RemainingCredit ?? 0)) * 100) / 100
  const netOf = (one: Wire) =>
    Number(one.Total) === 0 ? 0 : Math.round((Number(one.SubTotal) * settled(one) * 100) / Number(one.Total)) / 100
  const days = paid.map((one) => dayOf(one.FullyPaidOnDate)).sort()
  const sold = sum(paid, (one) => baseCents(one.SubTotal, one.CurrencyRate))
  const refunded = sum(notes, (one) => baseCents(netOf(one), one.CurrencyRate))
  const waited = sum(paid, (one) =>
    Math.floor((Date.parse(dayOf(one.FullyPaidOnDate)) - Date.parse(dayOf(one.Date))) / 86_400_000),
  )
  return {
    net: sold - refunded,
    average: paid.length === 0 ? 0 : rounded((sold - refunded) / paid.length),
    refundRate: sold > 0 ? rounded((refunded / sold) * 10_000) : 0,
    daysToPay: paid.length === 0 ? 0 : rounded((waited / paid.length) * 10),
    verified: new Date().toISOString().slice(0, 10),
    gross:
      sum(paid, (one) => baseCents(one.Total, one.CurrencyRate)) -
      sum(notes, (one) => baseCents(settled(one), one.CurrencyRate)),
    orders: paid.length,
    outstanding: sum(standing, (one) => baseCents(one.AmountDue, one.CurrencyRate)),
    first: days[0] ?? '',
    last: days.at(-1) ?? '',
  }
}

test('F08: the fields of every customer equal the books, again after edits, and nobody else is written', async () => {
  const scene = await stage.open({ contacts: 20, invoices: 100, creditNotes: 10 })
  const { xero, emarsys } = scene
  await (await installed(stage, scene, 'contacts-to-emarsys', { onlyWithEmail: false })).run()
  const fields = new Map<string, string>()
  for (const name of NAMES) {
    const id = await atEmarsys(scene, '/field', {
      name: `xero_${name}`,
      application_type: 'shorttext',
      string_id: `xero_${name}`,
    })
    fields.set(name, String(id))
  }
  const cents = (value: unknown) => Math.round(Number(value ?? 0) * 100)
  const stored = (contact: string) => {
    const shown = emarsys.contacts.lookUp('9001', contact)[0]!
    const field = (name: string) => shown[fields.get(name)!]
    return {
      net: cents(field('ltv_net')),
      average: cents(field('average_order')),
      refundRate: Math.round(Number(field('refund_rate') ?? 0) * 10_000),
      daysToPay: Math.round(Number(field('days_to_pay') ?? 0) * 10),
      verified: String(field('verified_at')),
      gross: cents(field('ltv_gross')),
      orders: Number(field('orders') ?? 0),
      outstanding: cents(field('outstanding')),
      first: String(field('first_paid') ?? ''),
      last: String(field('last_paid') ?? ''),
    }
  }
  const customers = () => [
    ...new Set(
      documentsOf(scene)
        .filter((one) => String(one.Type).startsWith('ACCREC'))
        .map((one) => String((one.Contact as Wire).ContactID))
        .filter((id) => emarsys.contacts.lookUp('9001', id).length === 1),
    ),
  ]
  const flow = await installed(stage, scene, 'customer-value', {})
  expect((await flow.run()).state).toBe('succeeded')
  expect(customers().length).toBeGreaterThan(8)
  for (const contact of customers()) expect(stored(contact), contact).toEqual(expected(scene, contact))

  const writes = emarsys.ledger.length
  const quiet = await flow.run()
  expect([emarsys.ledger.length, quiet.counts.calls]).toEqual([writes, 2])

  const sales = documentsOf(scene).filter(
    (one) => one.Type === 'ACCREC' && customers().includes(String((one.Contact as Wire).ContactID)),
  )
  const [paid] = sales.filter(
    (one) => one.Status === 'PAID' && listOf(one.Payments).length === 1 && listOf(one.CreditNotes).length === 0,
  )
  const [open, part] = sales.filter(
    (one) => one.Status === 'AUTHORISED' && one.AmountPaid === 0 && Number(one.AmountDue) > 20,
  )
  xero.unpay(String(paid!.InvoiceID))
  xero.void(String(paid!.InvoiceID))
  xero.pay(String(open!.InvoiceID))
  xero.credit(String(part!.InvoiceID), { amount: 10 })
  await flow.run()
  for (const contact of customers()) expect(stored(contact), contact).toEqual(expected(scene, contact))
})
