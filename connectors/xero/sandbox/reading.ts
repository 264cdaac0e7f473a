import { type Answer, json, notFound } from './answers.ts'
import { organisationDay } from './clock.ts'
import {
  BANK_TRANSACTION_FIELDS,
  CONTACT_FIELDS,
  CREDIT_NOTE_FIELDS,
  INVOICE_FIELDS,
  JOURNAL_FIELDS,
  OVERPAYMENT_FIELDS,
  PAYMENT_FIELDS,
  PREPAYMENT_FIELDS,
} from './fields.ts'
import { isTrue, list, type Query, setOf } from './listing.ts'
import type { Contact, Document, Payment } from './model.ts'
import { categoryWires } from './tracking.ts'
import { envelope, msDay } from './wire.ts'
import { fullContact, shortContact, summaryContact } from './wire-contacts.ts'
import { creditNoteWire, type DocumentForm, invoiceWire, paymentWire } from './wire-documents.ts'
import { journalWire } from './wire-journals.ts'
import { bankTransactionWire, paidAheadWire } from './wire-money.ts'
import { accountWires, itemWires, organisationWire, taxRateWires } from './wire-settings.ts'
import type { World } from './world.ts'

export type ReadRequest = { readonly query: Query; readonly ifModifiedSince: string | undefined }

export const unitDigits = (query: Query): 2 | 4 => (query.unitdp === '4' ? 4 : 2)

export function listContacts(world: World, { query, ifModifiedSince }: ReadRequest): Answer {
  const ids = setOf(query.ids)
  const summary = isTrue(query.summaryonly)
  const paged = query.page !== undefined || summary
  const tests: ((contact: Contact) => boolean)[] = []
  if (!isTrue(query.includearchived)) tests.push((contact) => contact.status === 'ACTIVE')
  if (ids) tests.push((contact) => ids.has(contact.id))
  const term = query.searchterm?.toLowerCase()
  if (term) {
    tests.push((contact) =>
      [contact.name, contact.firstName, contact.lastName, contact.email, contact.number].some((text) =>
        text.toLowerCase().includes(term),
      ),
    )
  }
  const found = list(world.books.contacts, query, ifModifiedSince, {
    fields: CONTACT_FIELDS,
    tests,
    paged,
    highVolume: world.highVolume,
  })
  const today = organisationDay(world.clock.now())
  const wire = summary ? summaryContact : paged ? (contact: Contact) => fullContact(contact, today) : shortContact
  return json(200, envelope(world.clock.now(), 'Contacts', found.records.map(wire), found.pagination))
}

export function oneContact(world: World, id: string): Answer {
  const contact =
    world.books.contacts.get(id.toLowerCase()) ??
    world.books.contacts.ordered.find((candidate) => candidate.number !== '' && candidate.number === id)
  if (!contact) return notFound()
  const today = organisationDay(world.clock.now())
  return json(200, envelope(world.clock.now(), 'Contacts', [fullContact(contact, today)]))
}

export function listInvoices(world: World, { query, ifModifiedSince }: ReadRequest): Answer {
  const [ids, numbers, contacts, statuses] = [query.ids, query.invoicenumbers, query.contactids, query.statuses].map(
    setOf,
  )
  const summary = isTrue(query.summaryonly)
  // Statuses and summaryOnly page even when no page is asked for.
  const paged = query.page !== undefined || summary || statuses !== undefined
  const tests: ((invoice: Document) => boolean)[] = []
  if (ids) tests.push((invoice) => ids.has(invoice.id))
  if (numbers) tests.push((invoice) => numbers.has(invoice.number.toLowerCase()))
  if (contacts) tests.push((invoice) => contacts.has(invoice.contact.id))
  if (statuses) tests.push((invoice) => statuses.has(invoice.status.toLowerCase()))
  if (isTrue(query.createdbymyapp)) tests.push((invoice) => invoice.createdByApi)
  const term = query.searchterm?.toLowerCase()
  if (term) {
    tests.push((invoice) =>
      [invoice.number, invoice.reference, invoice.contact.name].some((text) => text.toLowerCase().includes(term)),
    )
  }
  const found = list(world.books.invoices, query, ifModifiedSince, {
    fields: INVOICE_FIELDS,
    tests,
    paged,
    highVolume: world.highVolume,
  })
  const form: DocumentForm = summary ? 'summary' : paged ? 'paged' : 'list'
  const digits = unitDigits(query)
  const records = found.records.map((invoice) => invoiceWire(world.books, invoice, form, digits))
  return json(200, envelope(world.clock.now(), 'Invoices', records, found.pagination))
}

export function findInvoice(world: World, idOrNumber: string): Document | undefined {
  const key = idOrNumber.toLowerCase()
  return (
    world.books.invoices.get(key) ??
    world.books.salesNumbers.get(key) ??
    // Numbers of bills are not unique; the oldest answers.
    world.books.invoices.ordered.find((invoice) => invoice.number.toLowerCase() === key)
  )
}

export function oneInvoice(world: World, id: string, query: Query): Answer {
  const invoice = findInvoice(world, id)
  if (!invoice) return notFound()
  const record = invoiceWire(world.books, invoice, 'full', unitDigits(query))
  return json(200, envelope(world.clock.now(), 'Invoices', [record]))
}

export function listCreditNotes(world: World, { query, ifModifiedSince }: ReadRequest): Answer {
  const ids = setOf(query.ids)
  const paged = query.page !== undefined
  const found = list(world.books.creditNotes, query, ifModifiedSince, {
    fields: CREDIT_NOTE_FIELDS,
    tests: ids ? [(note) => ids.has(note.id)] : [],
    paged,
    highVolume: world.highVolume,
  })
  const digits = unitDigits(query)
  const records = found.records.map((note) => creditNoteWire(world.books, note, paged ? 'paged' : 'list', digits))
  return json(200, envelope(world.clock.now(), 'CreditNotes', records, found.pagination))
}

export function findCreditNote(world: World, idOrNumber: string): Document | undefined {
  const key = idOrNumber.toLowerCase()
  return world.books.creditNotes.get(key) ?? world.books.creditNumbers.get(key)
}

export function oneCreditNote(world: World, id: string, query: Query): Answer {
  const note = findCreditNote(world, id)
  if (!note) return notFound()
  const record = creditNoteWire(world.books, note, 'full', unitDigits(query))
  return json(200, envelope(world.clock.now(), 'CreditNotes', [record]))
}

export function listPayments(world: World, { query, ifModifiedSince }: ReadRequest): Answer {
  const found = list<Payment>(world.books.payments, query, ifModifiedSince, {
    fields: PAYMENT_FIELDS,
    tests: [],
    paged: query.page !== undefined,
    highVolume: world.highVolume,
  })
  const records = found.records.map((payment) => paymentWire(world.books, payment))
  return json(200, envelope(world.clock.now(), 'Payments', records, found.pagination))
}

export function onePayment(world: World, id: string): Answer {
  const payment = world.books.payments.get(id.toLowerCase())
  if (!payment) return notFound()
  const record = paymentWire(world.books, payment)
  return json(200, envelope(world.clock.now(), 'Payments', [record]))
}

export function paidAhead(
  world: World,
  resource: 'Prepayments' | 'Overpayments',
  id: string | undefined,
  { query, ifModifiedSince }: ReadRequest,
): Answer {
  const prepayments = resource === 'Prepayments'
  const table = prepayments ? world.books.prepayments : world.books.overpayments
  const digits = unitDigits(query)
  if (id !== undefined) {
    const one = table.get(id.toLowerCase())
    if (!one) return notFound()
    return json(200, envelope(world.clock.now(), resource, [paidAheadWire(world.books, one, 'full', digits)]))
  }
  const paged = query.page !== undefined
  const found = list(table, query, ifModifiedSince, {
    fields: prepayments ? PREPAYMENT_FIELDS : OVERPAYMENT_FIELDS,
    tests: [],
    paged,
    highVolume: world.highVolume,
  })
  const records = found.records.map((one) => paidAheadWire(world.books, one, paged ? 'paged' : 'list', digits))
  return json(200, envelope(world.clock.now(), resource, records, found.pagination))
}

export function bankTransactions(
  world: World,
  id: string | undefined,
  { query, ifModifiedSince }: ReadRequest,
): Answer {
  const digits = unitDigits(query)
  const key = 'BankTransactions'
  if (id !== undefined) {
    const one = world.books.bankTransactions.get(id.toLowerCase())
    if (!one) return notFound()
    return json(200, envelope(world.clock.now(), key, [bankTransactionWire(world.books, one, 'full', digits)]))
  }
  const paged = query.page !== undefined
  const references = setOf(query.references)
  const found = list(world.books.bankTransactions, query, ifModifiedSince, {
    fields: BANK_TRANSACTION_FIELDS,
    tests: references ? [(one) => references.has(one.reference.toLowerCase())] : [],
    paged,
    highVolume: world.highVolume,
  })
  const records = found.records.map((one) => bankTransactionWire(world.books, one, paged ? 'paged' : 'list', digits))
  return json(200, envelope(world.clock.now(), key, records, found.pagination))
}

export function manualJournals(world: World, id: string | undefined, { query, ifModifiedSince }: ReadRequest): Answer {
  const key = 'ManualJournals'
  if (id !== undefined) {
    const one = world.books.journals.get(id.toLowerCase())
    return one ? json(200, envelope(world.clock.now(), key, [journalWire(world.books, one, true)])) : notFound()
  }
  const paged = query.page !== undefined
  const found = list(world.books.journals, query, ifModifiedSince, {
    fields: JOURNAL_FIELDS,
    tests: [],
    paged,
    highVolume: world.highVolume,
  })
  const records = found.records.map((one) => journalWire(world.books, one, paged))
  return json(200, envelope(world.clock.now(), key, records, found.pagination))
}

export function trackingCategories(world: World, id: string | undefined): Answer {
  const all = categoryWires(world.books.seed)
  const found = id === undefined ? all : all.filter((one) => one.TrackingCategoryID === id.toLowerCase())
  if (found.length === 0) return notFound()
  return json(200, envelope(world.clock.now(), 'TrackingCategories', found))
}

export function items(world: World, id: string | undefined, query: Query): Answer {
  const all = itemWires(world.books.seed, unitDigits(query))
  const found = id === undefined ? all : all.filter((one) => one.ItemID === id.toLowerCase() || one.Code === id)
  return found.length === 0 ? notFound() : json(200, envelope(world.clock.now(), 'Items', found))
}

export function organisation(world: World): Answer {
  const { lockDay, yearLockDay } = world.books
  const locks = {
    ...(lockDay === null ? {} : { PeriodLockDate: msDay(lockDay) }),
    ...(yearLockDay === null ? {} : { EndOfYearLockDate: msDay(yearLockDay) }),
  }
  return json(200, envelope(world.clock.now(), 'Organisations', [organisationWire(world.tenantId, locks)]))
}

export function account(world: World, id: string | undefined): Answer {
  const all = accountWires(world.books)
  const found = id === undefined ? all : all.filter((one) => one.AccountID === id.toLowerCase() || one.Code === id)
  return found.length === 0 ? notFound() : json(200, envelope(world.clock.now(), 'Accounts', found))
}

export function taxRate(world: World, type: string | undefined): Answer {
  const found = type === undefined ? taxRateWires() : taxRateWires().filter((rate) => rate.TaxType === type)
  return found.length === 0 ? notFound() : json(200, envelope(world.clock.now(), 'TaxRates', found))
}
