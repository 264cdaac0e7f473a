import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ControlRefused } from '../../../connectors/xero/sandbox/control-refused.ts'
import { seedBooks } from '../../../connectors/xero/sandbox/data.ts'
import { type Document, isCredit, openAmount } from '../../../connectors/xero/sandbox/model.ts'
import { lineAmountOf, lineTaxOf, roundDivide, toBase, toScaled } from '../../../connectors/xero/sandbox/money.ts'
import { startXeroSandbox } from '../../../connectors/xero/sandbox/server.ts'
import { taxRateOf } from '../../../connectors/xero/sandbox/settings.ts'
import { invoiceBody, startCaller } from './sandbox-caller.ts'

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

/** Everything that must be true of one document's money, whatever happened to it. */
function checkMoney(document: Document): void {
  const { lines } = document
  expect(sum(document.payments.map((payment) => payment.amount))).toBe(document.paid)
  expect(sum(document.allocations.map((allocation) => allocation.amount))).toBe(document.credited)
  expect(document.payments.every((payment) => payment.status === 'AUTHORISED')).toBe(true)
  expect(openAmount(document)).toBeGreaterThanOrEqual(0)
  for (const line of lines) {
    expect(line.taxAmount).toBe(lineTaxOf(document.amountTypes, line.amount, taxRateOf(line.tax)?.rate ?? 0))
  }
  const [amounts, taxes] = [sum(lines.map((line) => line.amount)), sum(lines.map((line) => line.taxAmount))]
  expect(document.totalTax).toBe(taxes)
  expect(document.total).toBe(document.amountTypes === 'Inclusive' ? amounts : amounts + taxes)
  expect(document.subTotal + document.totalTax).toBe(document.total)
  if (document.status === 'PAID') expect([openAmount(document), document.fullyPaid === null]).toEqual([0, false])
  if (document.status === 'AUTHORISED') expect([openAmount(document) > 0, document.fullyPaid]).toEqual([true, null])
  if (document.status === 'VOIDED' || document.status === 'DELETED') expect(document.paid + document.credited).toBe(0)
}

test('the seeded books add up to the cent, in every state they show', () => {
  for (const seed of [1, 2, 3]) {
    const books = seedBooks({ seed, contacts: 80, invoices: 2000, creditNotes: 60, today: '2026-11-20' })
    const all = [...books.invoices.ordered, ...books.creditNotes.ordered]
    for (const document of all) checkMoney(document)
    const states = new Set(all.map((document) => `${isCredit(document) ? 'credit' : 'invoice'} ${document.status}`))
    for (const state of ['DRAFT', 'SUBMITTED', 'AUTHORISED', 'PAID', 'VOIDED', 'DELETED'])
      expect(states).toContain(`invoice ${state}`)
    expect(all.some((document) => document.currency === 'EUR' && document.rate > 1)).toBe(true)
    expect(books.creditNotes.ordered.some((note) => note.allocations.length === 2)).toBe(true)
    expect(books.creditNotes.ordered.some((note) => note.payments.length === 1)).toBe(true)
    expect(books.invoices.ordered.some((invoice) => invoice.lines.some((line) => line.quantity === null))).toBe(true)
    expect(books.invoices.ordered.some((invoice) => invoice.lines.length > 12)).toBe(true)
  }
})

test('the same seed makes the same books, another seed others', () => {
  const numbers = { contacts: 30, invoices: 100, creditNotes: 6, today: '2026-11-20' }
  const print = (seed: number): string =>
    JSON.stringify(
      seedBooks({ seed, ...numbers }).invoices.ordered.map((one) => [one.id, one.updated, one.total, one.contact.name]),
    )
  expect(print(7)).toBe(print(7))
  expect(print(7)).not.toBe(print(8))
})

test('no sequence of paying, crediting, editing, unpaying and voiding breaks the sums', async () => {
  const sandbox = await startXeroSandbox({ contacts: 20, invoices: 60, creditNotes: 6, limits: 'off' })
  const moves = ['pay', 'part', 'unpay', 'credit', 'partCredit', 'edit', 'void'] as const
  try {
    const { books } = sandbox.state
    const ids = books.invoices.ordered.map((invoice) => invoice.id)
    let done = 0
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(ids.length - 1), fc.constantFrom(...moves), fc.integer({ min: 1, max: 99 })), {
          maxLength: 30,
        }),
        (steps) => {
          for (const [at, move, share] of steps) {
            const id = ids[at] ?? ''
            const invoice = books.invoices.get(id)
            if (!invoice) throw new Error('An invoice vanished.')
            const amount = roundDivide(openAmount(invoice) * share, 100) / 100
            const before = invoice.updated
            try {
              if (move === 'pay') sandbox.pay(id)
              if (move === 'part') sandbox.pay(id, { amount })
              if (move === 'unpay') sandbox.unpay(id)
              if (move === 'credit') sandbox.credit(id)
              if (move === 'partCredit') sandbox.credit(id, { amount })
              if (move === 'edit') sandbox.edit(id)
              if (move === 'void') sandbox.void(id)
              done++
              expect(invoice.updated).toBeGreaterThanOrEqual(before)
              expect(books.invoices.ordered.at(-1)?.updated).toBeGreaterThanOrEqual(invoice.updated)
            } catch (problem) {
              // What the books forbid is refused by name and changes nothing; anything else is a fault of the sandbox.
              if (!(problem instanceof ControlRefused)) throw problem
              expect(invoice.updated).toBe(before)
            }
            checkMoney(invoice)
            for (const allocation of invoice.allocations) checkMoney(allocation.credit)
          }
        },
      ),
      { numRuns: 60 },
    )
    expect(done).toBeGreaterThan(50)
    for (const document of [...books.invoices.ordered, ...books.creditNotes.ordered]) checkMoney(document)
    const order = books.invoices.ordered.map((invoice) => invoice.updated)
    expect(order).toEqual([...order].sort((a, b) => a - b))
  } finally {
    await sandbox.close()
  }
})

test('tax is rounded on each line before it is summed', async () => {
  const { sandbox, call } = await startCaller()
  try {
    const contact = sandbox.state.books.contacts.ordered.find((one) => one.status === 'ACTIVE')?.id ?? ''
    const line = { Description: 'Mug', Quantity: 1, UnitAmount: 12.12, AccountCode: '200', TaxType: 'OUTPUT2' }
    const lines = { LineItems: [line, line, line] }
    const exclusive = (await call('PUT', 'Invoices', invoiceBody(contact, lines))).json.Invoices[0]
    expect([exclusive.SubTotal, exclusive.TotalTax, exclusive.Total]).toEqual([36.36, 7.26, 43.62])
    const inclusive = await call('PUT', 'Invoices', invoiceBody(contact, { ...lines, LineAmountTypes: 'Inclusive' }))
    expect(inclusive.json.Invoices[0]).toMatchObject({ SubTotal: 30.3, TotalTax: 6.06, Total: 36.36 })
    const none = await call('PUT', 'Invoices', invoiceBody(contact, { ...lines, LineAmountTypes: 'NoTax' }))
    expect(none.json.Invoices[0]).toMatchObject({ SubTotal: 36.36, TotalTax: 0, Total: 36.36 })
  } finally {
    await sandbox.close()
  }
})

test('four places of a unit price live only while every read and write says unitdp=4', async () => {
  const { sandbox, call, get } = await startCaller()
  try {
    const contact = sandbox.state.books.contacts.ordered.find((one) => one.status === 'ACTIVE')?.id ?? ''
    const lines = { LineItems: [{ Description: 'Screw', Quantity: 1000, UnitAmount: 0.0123, AccountCode: '200' }] }
    const fine = (await call('PUT', 'Invoices?unitdp=4', invoiceBody(contact, lines))).json.Invoices[0]
    expect([fine.LineItems[0].UnitAmount, fine.SubTotal]).toEqual([0.0123, 12.3])
    expect((await get(`Invoices/${fine.InvoiceID}`)).json.Invoices[0].LineItems[0].UnitAmount).toBe(0.01)
    const coarse = (await call('PUT', 'Invoices', invoiceBody(contact, lines))).json.Invoices[0]
    expect([coarse.LineItems[0].UnitAmount, coarse.SubTotal]).toEqual([0.01, 10])
  } finally {
    await sandbox.close()
  }
})

test('amounts round half away from zero on their decimal digits, and the base amount is the foreign one by the rate', () => {
  expect([roundDivide(5, 10), roundDivide(-5, 10), roundDivide(4, 10), roundDivide(-14, 10)]).toEqual([1, -1, 0, -1])
  expect([toScaled(1.005, 2), toScaled('12.10', 2), toScaled(-0.125, 2), toScaled('x', 2)]).toEqual([
    101,
    1210,
    -13,
    undefined,
  ])
  expect(lineAmountOf(10_000, 121_200, 0)).toBe(1212)
  expect(lineAmountOf(3333, 100_000, 125_000)).toBe(292)
  expect(toBase(11_600, 1.16)).toBe(10_000)
})

test('a void answers with the sums as they were, the open amount too; only the status tells', async () => {
  const { sandbox, call, get } = await startCaller()
  try {
    const contact = sandbox.state.books.contacts.ordered.find((one) => one.status === 'ACTIVE')?.id ?? ''
    const made = (await call('PUT', 'Invoices', invoiceBody(contact))).json.Invoices[0]
    expect(made.AmountDue).toBe(made.Total)
    const body = { Invoices: [{ InvoiceID: made.InvoiceID, Status: 'VOIDED' }] }
    const voided = (await call('POST', 'Invoices', body)).json.Invoices[0]
    const { Total, AmountDue, AmountPaid } = made
    expect(voided).toMatchObject({ Status: 'VOIDED', Total, AmountDue, AmountPaid })
    expect((await get(`Invoices/${made.InvoiceID}`)).json.Invoices[0]).toMatchObject({ Status: 'VOIDED', AmountDue })
  } finally {
    await sandbox.close()
  }
})

test('a document without a date is of the day that it is for the organisation, not by UTC', async () => {
  // Half past midnight in London's summer.
  const now = () => Date.parse('2026-06-30T23:30:00Z')
  const { sandbox, call } = await startCaller({ now, today: '2026-06-29' })
  try {
    const contact = sandbox.state.books.contacts.ordered.find((one) => one.status === 'ACTIVE')?.id ?? ''
    const made = (await call('PUT', 'Invoices', invoiceBody(contact))).json.Invoices[0]
    expect([made.DateString, made.Date]).toEqual(['2026-07-01T00:00:00', `/Date(${Date.parse('2026-07-01')}+0000)/`])
  } finally {
    await sandbox.close()
  }
})
