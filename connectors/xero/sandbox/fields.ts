import { DAY } from './clock.ts'
import { type Contact, type Document, isCredit, isSale, openAmount, type Payment } from './model.ts'
import { fromCents } from './money.ts'
import type { Fields } from './where.ts'

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
  PaymentType: (payment) =>
    isCredit(payment.document)
      ? `${isSale(payment.document) ? 'AR' : 'AP'}CREDITPAYMENT`
      : `${isSale(payment.document) ? 'ACCREC' : 'ACCPAY'}PAYMENT`,
  Date: (payment) => payment.date * DAY,
  Amount: (payment) => fromCents(payment.amount),
  Reference: (payment) => orNull(payment.reference),
  IsReconciled: (payment) => payment.reconciled,
  UpdatedDateUTC: (payment) => payment.updated,
  'Invoice.InvoiceID': (payment) => payment.document.id,
  'Invoice.InvoiceNumber': (payment) => orNull(payment.document.number),
}
