import { DAY, organisationDay } from './clock.ts'
import { addUp } from './lines.ts'
import type { Books, Document, Line } from './model.ts'
import { newSums, openAmount } from './model.ts'
import { ID_KIND, type Random, uuidOf } from './random.ts'
import { isCreditable, type SeededDocuments, seedPayment } from './seed-documents.ts'
import { dayRate } from './settings.ts'
import { settle } from './settling.ts'

/**
 * Sales credit notes in turn: credits a whole invoice; part of it used, the invoice still open; spread over two
 * invoices of one customer; used up on an invoice that stays open; unused; refunded in cash. A kind that finds no
 * fitting invoice becomes an unused one. Refunds are added to the payments.
 */
export function seedCreditNotes(
  books: Books,
  random: Random,
  { invoices, payments }: SeededDocuments,
  count: number,
  until: number,
): Document[] {
  const open = invoices.filter(isCreditable)
  const pairs = pairsOf(open)
  const paired = new Set(pairs.flat())
  const single = open.filter((invoice) => !paired.has(invoice))
  const notes: Document[] = []
  let nextAllocation = 1
  for (let i = 0; i < count; i++) {
    const kind = i % 6
    const pair = kind === 2 ? pairs.pop() : undefined
    const invoice = pair?.[0] ?? (kind === 0 || kind === 1 || kind === 3 ? single.pop() : undefined)
    const model = invoice ?? random.pick(open.length > 0 ? open : invoices)
    const at = Math.min(until, Math.max(model.updated, until - random.int(1, 200) * DAY) + random.int(60_000, DAY))
    const whole = openAmount(model) > 0 ? openAmount(model) : 5000
    const size =
      kind === 0 ? whole : kind === 2 && pair ? whole + Math.floor(openAmount(pair[1]) / 2) : Math.floor(whole / 2)
    const note = creditOf(books, model, Math.max(size, 1), at, i)
    const apply = (target: Document, amount: number): void => {
      const allocation = {
        id: uuidOf(books.seed, ID_KIND.allocation, nextAllocation++),
        credit: note,
        invoice: target,
        amount,
        date: note.date,
      }
      note.allocations.push(allocation)
      note.credited += amount
      target.allocations.push(allocation)
      target.credited += amount
      target.updated = Math.max(target.updated, at)
      settle(target)
    }
    if (invoice && kind === 0) apply(invoice, whole)
    if (invoice && kind === 1) apply(invoice, Math.max(1, Math.floor(note.total / 3)))
    if (invoice && kind === 3) apply(invoice, note.total)
    if (pair) {
      apply(pair[0], openAmount(pair[0]))
      apply(pair[1], openAmount(note))
    }
    if (kind === 5) payments.push(seedPayment(books, random, note, note.total, at, payments.length + 1))
    settle(note)
    note.contact.documents.push(note)
    notes.push(note)
  }
  return notes
}

function creditOf(books: Books, model: Document, total: number, at: number, i: number): Document {
  const line: Line = {
    n: books.nextLine++,
    description: `Credit for ${model.number}`,
    quantity: 10_000,
    unit: total * 100,
    discountRate: 0,
    discountAmount: 0,
    account: '200',
    tax: 'OUTPUT2',
    itemCode: '',
    amount: total,
    taxAmount: 0,
    tracking: [],
  }
  const date = organisationDay(at)
  const note: Document = {
    id: uuidOf(books.seed, ID_KIND.creditNote, i + 1),
    type: 'ACCRECCREDIT',
    updated: at,
    number: `CN-${String(books.nextCreditNumber++).padStart(4, '0')}`,
    reference: model.number,
    contact: model.contact,
    date,
    due: null,
    status: 'AUTHORISED',
    // Inclusive, so that the credit is exactly as large as it is meant to be.
    amountTypes: 'Inclusive',
    currency: model.currency,
    rate: dayRate(model.currency, date),
    lines: [line],
    ...newSums(),
    sent: false,
    url: '',
    createdByApi: false,
  }
  addUp(note)
  books.creditNumbers.set(note.number.toLowerCase(), note)
  return note
}

function pairsOf(open: readonly Document[]): [Document, Document][] {
  const waiting = new Map<string, Document>()
  const pairs: [Document, Document][] = []
  for (const invoice of open) {
    const key = `${invoice.contact.id} ${invoice.currency}`
    const other = waiting.get(key)
    if (other) {
      pairs.push([other, invoice])
      waiting.delete(key)
    } else waiting.set(key, invoice)
    // A third of the open invoices is enough; the rest stays for the other kinds.
    if (pairs.length * 6 > open.length) break
  }
  return pairs
}
