import { DAY } from './clock.ts'
import {
  type BankTransaction,
  type Contact,
  type Document,
  isSale,
  type ManualJournal,
  openAmount,
  type Payment,
} from './model.ts'
import { fromCents } from './money.ts'
import type { Fields } from './where.ts'
import { paymentType } from './wire-documents.ts'

/** What `where` and `order` may name, per resource. Empty text counts as null, as a field Xero leaves out. */
const orNull = (text: string): string | null => (text === '' ? null : text)

export const CONTACT_FIELDS: Fields<Contact> = {
  ContactID: (contact) => contact.id,
  Name: (contact) => contact.name,
  FirstName: (contact) => orNull(contact.firstName),
  LastName: (contact) => orNull(contact.lastName),
  EmailAddress: (contact) => orNull(contact.email),
  ContactNumber: (contact) => orNull(contact.number),
  AccountNumber: (contact) => orNull(contact.accountNumber),
  TaxNumber: (contact) => orNull(contact.taxNumber),
  ContactStatus: (contact) => contact.status,
  IsCustomer: (contact) => contact.documents.some(isSale),
  IsSupplier: (contact) => contact.documents.some((document) => !isSale(document)),
  UpdatedDateUTC: (contact) => contact.updated,
}

const DOCUMENT_FIELDS: Fields<Document> = {
  Type: (document) => document.type,
  Status: (document) => document.status,
  Reference: (document) => orNull(document.reference),
  Date: (document) => document.date * DAY,
  Total: (document) => fromCents(document.total),
  SubTotal: (document) => fromCents(document.subTotal),
  TotalTax: (document) => fromCents(document.totalTax),
  CurrencyCode: (document) => document.currency,
  CurrencyRate: (document) => document.rate,
  FullyPaidOnDate: (document) => (document.fullyPaid === null ? null : document.fullyPaid * DAY),
  SentToContact: (document) => document.sent,
  UpdatedDateUTC: (document) => document.updated,
  'Contact.ContactID': (document) => document.contact.id,
  'Contact.Name': (document) => document.contact.name,
  'Contact.ContactNumber': (document) => orNull(document.contact.number),
}

export const INVOICE_FIELDS: Fields<Document> = {
  ...DOCUMENT_FIELDS,
  InvoiceID: (invoice) => invoice.id,
  InvoiceNumber: (invoice) => orNull(invoice.number),
  DueDate: (invoice) => (invoice.due === null ? null : invoice.due * DAY),
  AmountDue: (invoice) => fromCents(openAmount(invoice)),
  AmountPaid: (invoice) => fromCents(invoice.paid),
  AmountCredited: (invoice) => fromCents(invoice.credited),
}

export const CREDIT_NOTE_FIELDS: Fields<Document> = {
  ...DOCUMENT_FIELDS,
  CreditNoteID: (note) => note.id,
  CreditNoteNumber: (note) => orNull(note.number),
  RemainingCredit: (note) => fromCents(openAmount(note)),
}

export const PAYMENT_FIELDS: Fields<Payment> = {
  PaymentID: (payment) => payment.id,
  Status: (payment) => payment.status,
  PaymentType: (payment) => paymentType(payment.document),
  Date: (payment) => payment.date * DAY,
  Amount: (payment) => fromCents(payment.amount),
  Reference: (payment) => orNull(payment.reference),
  IsReconciled: (payment) => payment.reconciled,
  UpdatedDateUTC: (payment) => payment.updated,
  'Invoice.InvoiceID': (payment) => payment.document.id,
  'Invoice.InvoiceNumber': (payment) => orNull(payment.document.number),
}

export const PREPAYMENT_FIELDS: Fields<Document> = {
  ...DOCUMENT_FIELDS,
  PrepaymentID: (credit) => credit.id,
  RemainingCredit: (credit) => fromCents(openAmount(credit)),
}

export const OVERPAYMENT_FIELDS: Fields<Document> = {
  ...DOCUMENT_FIELDS,
  OverpaymentID: (credit) => credit.id,
  RemainingCredit: (credit) => fromCents(openAmount(credit)),
}

export const BANK_TRANSACTION_FIELDS: Fields<BankTransaction> = {
  BankTransactionID: (one) => one.id,
  Type: (one) => one.type,
  Status: (one) => one.status,
  Date: (one) => one.date * DAY,
  Total: (one) => fromCents(one.document.total),
  CurrencyCode: (one) => one.document.currency,
  IsReconciled: (one) => one.reconciled,
  // Seen to match nothing: a caller that rests on it must notice.
  Reference: () => null,
  UpdatedDateUTC: (one) => one.updated,
  'Contact.ContactID': (one) => one.contact?.id ?? null,
}

export const JOURNAL_FIELDS: Fields<ManualJournal> = {
  ManualJournalID: (journal) => journal.id,
  Narration: (journal) => journal.narration,
  Status: (journal) => journal.status,
  Date: (journal) => journal.date * DAY,
  UpdatedDateUTC: (journal) => journal.updated,
}
