import { DAY, organisationDay } from './clock.ts'
import { addUp } from './lines.ts'
import { settle } from './settling.ts'
import {
  type Books,
  type Contact,
  type Document,
  type DocumentStatus,
  type Line,
  newSums,
  openAmount,
  type Payment,
} from './model.ts'
import { type AmountTypes, lineAmountOf } from './money.ts'
import { ID_KIND, type Random, uuidOf } from './random.ts'
import type { SeededContacts } from './seed-contacts.ts'
import { EXPENSES, PRODUCTS } from './seed-names.ts'
import { dayRate } from './settings.ts'

export type SeededDocuments = { readonly invoices: Document[]; readonly payments: Payment[] }

/**
 * Invoices in the order of their dates over the period, each with a believable state and its payments. About one in
 * twenty is a bill, 15 in 100 are in euros. `until` is the last instant anything may have been changed at.
 */
export function seedInvoices(
  books: Books,
  random: Random,
  who: SeededContacts,
  count: number,
  from: number,
  until: number,
): SeededDocuments {
  const invoices: Document[] = []
  const payments: Payment[] = []
  for (let i = 0; i < count; i++) {
    const bill = i % 20 === 7
    const created = Math.floor(from + ((until - from) * (i + random.next())) / count)
    const date = organisationDay(created)
    const contact = skewed(random, bill ? who.suppliers : who.customers)
    const currency = i % 20 === 3 || i % 20 === 11 || i % 20 === 16 ? 'EUR' : 'GBP'
    const invoice: Document = {
      id: uuidOf(books.seed, ID_KIND.invoice, i + 1),
      type: bill ? 'ACCPAY' : 'ACCREC',
      updated: created,
      number: bill ? `${random.pick(['RE', 'R', 'No'])}-${random.int(1000, 99_999)}` : '',
      reference: bill ? '' : random.next() < 0.4 ? `PO-${random.int(1000, 9999)}` : '',
      contact,
      date,
      due: date + random.pick([7, 14, 14, 30, 30, 60]),
      status: 'DRAFT',
      amountTypes: random.pick<AmountTypes>(['Exclusive', 'Exclusive', 'Exclusive', 'Inclusive', 'NoTax']),
      currency,
      rate: dayRate(currency, date),
      lines: [],
      ...newSums(),
      sent: !bill && random.next() < 0.6,
      url: '',
      createdByApi: false,
    }
    if (!bill) {
      invoice.number = `INV-${String(books.nextInvoiceNumber++).padStart(4, '0')}`
      books.salesNumbers.set(invoice.number.toLowerCase(), invoice)
    }
    invoice.lines = seedLines(books, random, bill, invoice.amountTypes)
    addUp(invoice)
    invoice.status = seededStatus(random, (until - created) / DAY)
    if (invoice.status === 'PAID') {
      const parts = paymentParts(random, invoice.total)
      invoice.status = 'AUTHORISED'
      let at = created
      for (const amount of parts) {
        at = Math.min(until - random.int(0, DAY / 4), at + random.int(DAY / 2, 40 * DAY))
        at = Math.max(at, invoice.updated + 1)
        payments.push(seedPayment(books, random, invoice, amount, at, payments.length + 1))
      }
    }
    settle(invoice)
    contact.documents.push(invoice)
    invoices.push(invoice)
  }
  return { invoices, payments }
}

/** A payment that is already in the books; shared with the seeding of refunds. */
export function seedPayment(books: Books, random: Random, document: Document, amount: number, at: number, n: number) {
  const date = Math.max(document.date, organisationDay(at))
  const payment = {
    id: uuidOf(books.seed, ID_KIND.payment, n),
    updated: at,
    document,
    date,
    amount,
    account: random.next() < 0.95 ? '090' : '091',
    rate: dayRate(document.currency, date),
    reference: random.next() < 0.5 ? `BACS ${random.int(100_000, 999_999)}` : '',
    status: 'AUTHORISED' as const,
    reconciled: random.next() < 0.7,
  }
  document.payments.push(payment)
  document.paid += amount
  document.updated = at
  return payment
}

/** 'PAID' stands for paid wholly or in part; the payments decide. The young are drafts more often, the old are paid. */
function seededStatus(random: Random, ageInDays: number): DocumentStatus {
  const r = random.next()
  if (r < (ageInDays < 20 ? 0.2 : 0.03)) return 'DRAFT'
  if (r < (ageInDays < 20 ? 0.24 : 0.035)) return 'SUBMITTED'
  const s = random.next()
  if (s < 0.025) return 'VOIDED'
  if (s < 0.03) return 'DELETED'
  return s < (ageInDays < 45 ? 0.7 : 0.2) ? 'AUTHORISED' : 'PAID'
}

function paymentParts(random: Random, total: number): number[] {
  const r = random.next()
  if (total < 100 || r < 0.72) return total > 0 ? [total] : []
  const part = random.int(Math.ceil(total / 5), Math.floor((total * 4) / 5))
  return r < 0.86 ? [part] : [part, total - part]
}

function seedLines(books: Books, random: Random, bill: boolean, amountTypes: AmountTypes): Line[] {
  const r = random.next()
  const count = r < 0.4 ? 1 : r < 0.92 ? random.int(2, 5) : r < 0.99 ? random.int(6, 12) : random.int(13, 40)
  const lines: Line[] = []
  for (let i = 0; i < count; i++) {
    const [description, account, low, high] = random.pick<readonly [string, string, number, number]>(
      bill ? EXPENSES : PRODUCTS,
    )
    const kind = random.next()
    // Thirds of a quantity and prices such as 12.12 are what makes rounding per line visible.
    const quantity = kind < 0.06 ? random.pick([3333, 6667, 12_500, 25_000]) : random.int(1, 12) * 10_000
    const unit = kind > 0.97 ? 0 : random.int(low, high) * 100
    const discountRate = !bill && random.next() < 0.08 ? random.pick([50_000, 100_000, 125_000, 333_000]) : 0
    lines.push({
      n: books.nextLine++,
      description,
      quantity,
      unit,
      discountRate,
      discountAmount: 0,
      account,
      tax: amountTypes === 'NoTax' ? 'NONE' : seededTax(random, bill),
      itemCode: '',
      amount: lineAmountOf(quantity, unit, discountRate),
      taxAmount: 0,
      tracking: [],
    })
  }
  if (random.next() < 0.03) lines.push(noteLine(books, 'Thank you for your custom.'))
  return lines
}

function seededTax(random: Random, bill: boolean): string {
  const r = random.next()
  if (r < 0.82) return bill ? 'INPUT2' : 'OUTPUT2'
  if (r < 0.92) return bill ? 'ZERORATEDINPUT' : 'ZERORATEDOUTPUT'
  return bill ? 'RRINPUT' : 'RROUTPUT'
}

function noteLine(books: Books, description: string): Line {
  return {
    n: books.nextLine++,
    description,
    quantity: null,
    unit: null,
    discountRate: 0,
    discountAmount: 0,
    account: '',
    tax: '',
    itemCode: '',
    amount: 0,
    taxAmount: 0,
    tracking: [],
  }
}

/** Some customers buy much more than others. */
function skewed(random: Random, contacts: readonly Contact[]): Contact {
  const contact = contacts[Math.floor(random.next() ** 1.7 * contacts.length)]
  if (!contact) throw new Error('The sandbox needs at least one contact to have documents.')
  return contact
}

/** Open sales invoices a credit note can be applied to. */
export const isCreditable = (invoice: Document): boolean =>
  invoice.type === 'ACCREC' && invoice.status === 'AUTHORISED' && openAmount(invoice) > 200
