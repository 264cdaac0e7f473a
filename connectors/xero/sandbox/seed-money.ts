import { DAY, organisationDay } from './clock.ts'
import { addUp } from './lines.ts'
import type { BankTransaction, Books, Contact, Document, DocumentType, Line, ManualJournal } from './model.ts'
import { newSums, openAmount } from './model.ts'
import { createRandom, ID_KIND, uuidOf } from './random.ts'
import { isCreditable } from './seed-documents.ts'
import { GROUPS } from './settings.ts'
import { settle } from './settling.ts'

export type MoneyCounts = {
  readonly prepayments: number
  readonly overpayments: number
  readonly bankTransactions: number
  readonly journals: number
}

/**
 * Money beside invoices. Every other prepayment or overpayment is used on open invoices of its contact, where there is
 * one; a bank transaction stands beside each. With a random stream of its own: other data stays as it is without it.
 */
export function seedMoney(books: Books, invoices: readonly Document[], counts: MoneyCounts, until: number): void {
  const random = createRandom(books.seed ^ 0x5eed)
  const contacts = books.contacts.ordered.filter(({ status }) => status === 'ACTIVE')
  const open = invoices.filter((one) => isCreditable(one) && one.currency === 'GBP')
  const transactions: BankTransaction[] = []
  let nextAllocation = 900_000

  const bank = (type: BankTransaction['type'], contact: Contact, document: Document): void => {
    const n = transactions.length + 1
    transactions.push({
      id: uuidOf(books.seed, ID_KIND.bankTransaction, n),
      updated: document.updated,
      type,
      contact,
      account: '090',
      date: document.date,
      reference: document.reference,
      document,
      status: 'AUTHORISED',
      reconciled: random.next() < 0.7,
    })
  }
  const ahead = (kind: 'PREPAYMENT' | 'OVERPAYMENT', count: number): Document[] =>
    Array.from({ length: contacts.length > 0 ? count : 0 }, (_, at) => {
      const invoice = at % 2 === 0 ? open.pop() : undefined
      const contact = invoice?.contact ?? random.pick(contacts)
      const amount = random.int(20, 400) * 100
      const day = until - random.int(2, 100) * DAY
      const id = uuidOf(books.seed, kind === 'PREPAYMENT' ? ID_KIND.prepayment : ID_KIND.overpayment, at + 1)
      const account = kind === 'PREPAYMENT' ? '825' : '610'
      const credit = money(books, id, `RECEIVE-${kind}`, contact, amount, day, account)
      if (invoice) {
        const used = Math.min(openAmount(credit), openAmount(invoice))
        const allocation = {
          id: uuidOf(books.seed, ID_KIND.allocation, nextAllocation++),
          credit,
          invoice,
          amount: used,
          date: organisationDay(until - DAY),
        }
        for (const document of [credit, invoice]) {
          document.allocations.push(allocation)
          document.credited += used
          document.updated = Math.max(document.updated, until - DAY)
          settle(document)
        }
      }
      contact.documents.push(credit)
      bank(credit.type, contact, credit)
      return credit
    })

  books.prepayments.fill(ahead('PREPAYMENT', counts.prepayments))
  books.overpayments.fill(ahead('OVERPAYMENT', counts.overpayments))
  for (let at = 0; at < counts.bankTransactions && contacts.length > 0; at++) {
    const spend = at % 3 === 0
    const contact = random.pick(contacts)
    const day = until - random.int(1, 300) * DAY
    // The document of money received or spent is known by its transaction alone.
    const document = money(
      books,
      uuidOf(books.seed, ID_KIND.bankTransaction, 500_000 + at),
      (spend ? 'SPEND' : 'RECEIVE') as DocumentType,
      contact,
      random.int(5, 300) * 100,
      day,
      spend ? '429' : '260',
    )
    document.reference = `BT-${random.int(1000, 9999)}`
    bank(spend ? 'SPEND' : 'RECEIVE', contact, document)
  }
  books.bankTransactions.fill(transactions)
  books.journals.fill(
    Array.from({ length: counts.journals }, (_, at) => journal(books, at, random.int(10, 500) * 100, until)),
  )
  for (const [at, name] of GROUPS.entries()) {
    books.groups.push({ id: uuidOf(books.seed, ID_KIND.group, at + 1), name, status: 'ACTIVE', members: new Set() })
  }
}

function journal(books: Books, at: number, amount: number, until: number): ManualJournal {
  const line = { tax: 0, taxType: 'NONE', description: 'accrued', tracking: [] }
  const day = until - (at + 1) * 20 * DAY
  return {
    id: uuidOf(books.seed, ID_KIND.journal, at + 1),
    updated: day,
    narration: `Advertising accrual ${new Date(day).toISOString().slice(0, 7)}`,
    date: organisationDay(day),
    status: at % 4 === 3 ? 'DRAFT' : 'POSTED',
    amountTypes: 'NoTax',
    url: '',
    cashBasis: true,
    lines: [
      { ...line, amount, account: '400' },
      { ...line, amount: -amount, account: '801' },
    ],
  }
}

function money(
  books: Books,
  id: string,
  type: DocumentType,
  contact: Contact,
  amount: number,
  at: number,
  account: string,
): Document {
  const line: Line = {
    n: books.nextLine++,
    description: 'Received by bank transfer',
    quantity: 10_000,
    unit: amount * 100,
    discountRate: 0,
    discountAmount: 0,
    account,
    tax: 'NONE',
    itemCode: '',
    amount,
    taxAmount: 0,
    tracking: [],
  }
  const document: Document = {
    id,
    type,
    updated: at,
    number: '',
    reference: '',
    contact,
    date: organisationDay(at),
    due: null,
    status: 'AUTHORISED',
    amountTypes: 'NoTax',
    currency: 'GBP',
    rate: 1,
    lines: [line],
    ...newSums(),
    sent: false,
    url: '',
    createdByApi: false,
  }
  addUp(document)
  return document
}
