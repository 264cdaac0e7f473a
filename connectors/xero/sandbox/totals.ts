import { type Document, isCredit, isSale, openAmount } from './model.ts'
import { fromCents, toBase } from './money.ts'
import type { World } from './world.ts'

/** Sums of documents of one type, status and currency, in that currency; totalInBase sums what each one is in GBP. */
export type DocumentTotals = {
  readonly type: string
  readonly status: string
  readonly currency: string
  readonly count: number
  readonly subTotal: number
  readonly totalTax: number
  readonly total: number
  readonly paid: number
  readonly credited: number
  /** AmountDue of invoices, RemainingCredit of credit notes. */
  readonly open: number
  readonly totalInBase: number
  readonly subTotalInBase: number
}

export type Totals = {
  readonly invoices: readonly DocumentTotals[]
  readonly creditNotes: readonly DocumentTotals[]
  readonly payments: readonly { type: string; status: string; currency: string; count: number; amount: number }[]
  readonly contacts: { active: number; archived: number; customers: number; suppliers: number; withoutEmail: number }
}

/** What the books add up to, for tie-outs against what others believe. */
export function totalsOf(world: World): Totals {
  const { books } = world
  const payments = new Map<string, { type: string; status: string; currency: string; count: number; amount: number }>()
  for (const payment of books.payments.ordered) {
    const { document } = payment
    const type = `${isSale(document) ? 'sale' : 'purchase'}-${isCredit(document) ? 'refund' : 'payment'}`
    const key = `${type} ${payment.status} ${document.currency}`
    const sum = payments.get(key) ?? { type, status: payment.status, currency: document.currency, count: 0, amount: 0 }
    sum.count++
    sum.amount += payment.amount
    payments.set(key, sum)
  }
  const contacts = { active: 0, archived: 0, customers: 0, suppliers: 0, withoutEmail: 0 }
  for (const contact of books.contacts.ordered) {
    contacts[contact.status === 'ACTIVE' ? 'active' : 'archived']++
    if (contact.documents.some(isSale)) contacts.customers++
    if (contact.documents.some((document) => !isSale(document))) contacts.suppliers++
    if (contact.email === '') contacts.withoutEmail++
  }
  return {
    invoices: documentTotals(books.invoices.ordered),
    creditNotes: documentTotals(books.creditNotes.ordered),
    payments: [...payments.values()].map((sum) => ({ ...sum, amount: fromCents(sum.amount) })),
    contacts,
  }
}

const SUMS = ['subTotal', 'totalTax', 'total', 'paid', 'credited', 'open', 'totalInBase', 'subTotalInBase'] as const

function documentTotals(documents: readonly Document[]): DocumentTotals[] {
  const groups = new Map<
    string,
    { document: Document; count: number; cents: { [name in (typeof SUMS)[number]]: number } }
  >()
  for (const document of documents) {
    const key = `${document.type} ${document.status} ${document.currency}`
    const group = groups.get(key) ?? {
      document,
      count: 0,
      cents: { subTotal: 0, totalTax: 0, total: 0, paid: 0, credited: 0, open: 0, totalInBase: 0, subTotalInBase: 0 },
    }
    group.count++
    for (const name of ['subTotal', 'totalTax', 'total', 'paid', 'credited'] as const)
      group.cents[name] += document[name]
    group.cents.open += openAmount(document)
    group.cents.totalInBase += toBase(document.total, document.rate)
    group.cents.subTotalInBase += toBase(document.subTotal, document.rate)
    groups.set(key, group)
  }
  return [...groups.values()].map(({ document, count, cents }) => ({
    type: document.type,
    status: document.status,
    currency: document.currency,
    count,
    subTotal: fromCents(cents.subTotal),
    totalTax: fromCents(cents.totalTax),
    total: fromCents(cents.total),
    paid: fromCents(cents.paid),
    credited: fromCents(cents.credited),
    open: fromCents(cents.open),
    totalInBase: fromCents(cents.totalInBase),
    subTotalInBase: fromCents(cents.subTotalInBase),
  }))
}
