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
  /** The contact that a person merged this one into. */
  mergedTo?: Contact
  groups?: Set<ContactGroup>
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
export type DocumentType =
  | 'ACCREC'
  | 'ACCPAY'
  | 'ACCRECCREDIT'
  | 'ACCPAYCREDIT'
  | 'RECEIVE-PREPAYMENT'
  | 'SPEND-PREPAYMENT'
  | 'RECEIVE-OVERPAYMENT'
  | 'SPEND-OVERPAYMENT'

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

/** An invoice, a bill, a credit note, or money paid ahead: the same thing with the sign turned. Amounts in cents of its own currency. */
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

/** What a document begins with: it adds up to nothing, and nothing was paid or credited. */
export const newSums = () => ({
  subTotal: 0,
  totalTax: 0,
  total: 0,
  paid: 0,
  credited: 0,
  fullyPaid: null,
  payments: [],
  allocations: [],
})

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

export const isCredit = ({ type }: Document): boolean => type.endsWith('CREDIT') || type.endsWith('PAYMENT')
export const isSale = ({ type }: Document): boolean => type.startsWith('ACCREC') || type.startsWith('RECEIVE')
export const isPrepayment = ({ type }: Document): boolean => type.endsWith('-PREPAYMENT')
export const isOverpayment = ({ type }: Document): boolean => type.endsWith('-OVERPAYMENT')

/** Money on the bank without an invoice. What is paid ahead has a credit beside it. */
export type BankTransaction = {
  readonly id: string
  updated: number
  readonly type: 'RECEIVE' | 'SPEND' | DocumentType
  readonly contact: Contact | undefined
  readonly account: string
  readonly date: number
  readonly reference: string
  readonly document: Document
  status: 'AUTHORISED' | 'DELETED'
  reconciled: boolean
}

export type JournalLine = {
  /** In cents: debits above zero. Before tax where the journal is Exclusive. */
  readonly amount: number
  readonly tax: number
  readonly account: string
  readonly taxType: string
  readonly description: string
  readonly tracking: readonly unknown[]
}

export type ManualJournal = {
  readonly id: string
  updated: number
  narration: string
  date: number
  status: 'DRAFT' | 'POSTED' | 'DELETED' | 'VOIDED'
  amountTypes: AmountTypes
  url: string
  cashBasis: boolean
  lines: readonly JournalLine[]
}

export type ContactGroup = {
  readonly id: string
  readonly name: string
  status: 'ACTIVE' | 'DELETED'
  readonly members: Set<Contact>
}

export type HistoryNote = {
  readonly at: number
  readonly changes: string
  readonly user: string
  readonly details: string
}

/** AmountDue of an invoice, RemainingCredit of a credit note: one formula. */
export const openAmount = (document: Document): number => document.total - document.paid - document.credited

export type Books = {
  readonly seed: number
  readonly contacts: Table<Contact>
  readonly invoices: Table<Document>
  readonly creditNotes: Table<Document>
  readonly payments: Table<Payment>
  readonly prepayments: Table<Document>
  readonly overpayments: Table<Document>
  readonly bankTransactions: Table<BankTransaction>
  readonly journals: Table<ManualJournal>
  readonly groups: ContactGroup[]
  /** Codes of accounts that a person archived. */
  readonly archivedAccounts: Set<string>
  /** Notes by the id of what they are on, oldest first. */
  readonly notes: Map<string, HistoryNote[]>
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
  /** The harder lock, which binds advisers too. */
  yearLockDay: number | null
}

export function createBooks(seed: number): Books {
  return {
    seed,
    contacts: new Table(),
    invoices: new Table(),
    creditNotes: new Table(),
    payments: new Table(),
    prepayments: new Table(),
    overpayments: new Table(),
    bankTransactions: new Table(),
    journals: new Table(),
    groups: [],
    archivedAccounts: new Set(),
    notes: new Map(),
    salesNumbers: new Map(),
    creditNumbers: new Map(),
    activeNames: new Map(),
    nextLine: 1,
    nextInvoiceNumber: 1,
    nextCreditNumber: 1,
    lockDay: null,
    yearLockDay: null,
  }
}
