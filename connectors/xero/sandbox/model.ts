import type { AmountTypes } from './money.ts'
import { Table } from './table.ts'

/** What the sandbox remembers. Wire JSON is built from this when it is asked for (wire-*.ts). */
export type Contact = {
  readonly id: string
  updated: number
  name: string
  status: 'ACTIVE' | 'ARCHIVED'
  firstName: string
  lastName: string
  email: string
  number: string
  accountNumber: string
  taxNumber: string
  /** Wire-shaped details, kept sparse: most contacts have none or one. */
  details: ContactDetails
  readonly createdByApi: boolean
  /** Every invoice and credit note of the contact, for balances and the derived flags. */
  readonly documents: Document[]
}

export type ContactDetails = {
  addresses?: readonly Details[]
  phones?: readonly Details[]
  persons?: readonly Details[]
  website?: string
  companyNumber?: string
  bankAccount?: string
  defaultCurrency?: string
}

export type Details = { readonly [name: string]: string | boolean }

export type DocumentStatus = 'DRAFT' | 'SUBMITTED' | 'DELETED' | 'AUTHORISED' | 'PAID' | 'VOIDED'
export type DocumentType = 'ACCREC' | 'ACCPAY' | 'ACCRECCREDIT' | 'ACCPAYCREDIT'

export type Line = {
  /** Its LineItemID is uuidOf(seed, line, n). */
  readonly n: number
  description: string
  /** Null on a line that is only a description. */
  quantity: number | null
  unit: number | null
  discountRate: number
  discountAmount: number
  account: string
  tax: string
  itemCode: string
  amount: number
  taxAmount: number
  tracking: readonly unknown[]
}

/** An invoice, a bill or a credit note: the same thing with the sign turned. Amounts in cents of its own currency. */
export type Document = {
  readonly id: string
  readonly type: DocumentType
  updated: number
  number: string
  reference: string
  contact: Contact
  date: number
  due: number | null
  status: DocumentStatus
  amountTypes: AmountTypes
  currency: string
  rate: number
  lines: Line[]
  subTotal: number
  totalTax: number
  total: number
  /** Cash: received or paid on an invoice, refunded on a credit note. */
  paid: number
  /** Credit notes applied to this invoice, or applied from this credit note. */
  credited: number
  fullyPaid: number | null
  sent: boolean
  url: string
  payments: Payment[]
  allocations: Allocation[]
  readonly createdByApi: boolean
}

export type Payment = {
  readonly id: string
  updated: number
  readonly document: Document
  readonly date: number
  readonly amount: number
  readonly account: string
  readonly rate: number
  readonly reference: string
  status: 'AUTHORISED' | 'DELETED'
  reconciled: boolean
}

export type Allocation = {
  readonly id: string
  readonly credit: Document
  readonly invoice: Document
  readonly amount: number
  readonly date: number
}

export const isCredit = (document: Document): boolean => document.type.endsWith('CREDIT')
export const isSale = (document: Document): boolean => document.type.startsWith('ACCREC')

/** AmountDue of an invoice, RemainingCredit of a credit note: one formula. */
export const openAmount = (document: Document): number => document.total - document.paid - document.credited

export type Books = {
  readonly seed: number
  readonly contacts: Table<Contact>
  readonly invoices: Table<Document>
  readonly creditNotes: Table<Document>
  readonly payments: Table<Payment>
  /** Sales invoice and credit note numbers are unique among their kind, whatever their case. */
  readonly salesNumbers: Map<string, Document>
  readonly creditNumbers: Map<string, Document>
  /** Names are unique among active contacts only. */
  readonly activeNames: Map<string, Contact>
  nextLine: number
  nextInvoiceNumber: number
  nextCreditNumber: number
  /** Documents dated on or before this day are refused; null when the books are open. */
  lockDay: number | null
}

export function createBooks(seed: number): Books {
  return {
    seed,
    contacts: new Table(),
    invoices: new Table(),
    creditNotes: new Table(),
    payments: new Table(),
    salesNumbers: new Map(),
    creditNumbers: new Map(),
    activeNames: new Map(),
    nextLine: 1,
    nextInvoiceNumber: 1,
    nextCreditNumber: 1,
    lockDay: null,
  }
}
