import type { DataRecord, Flaw } from '../kit/connector.ts'
import { textOf } from '../kit/fields.ts'

/** What Xero says its records are (its OpenAPI file, and what the live wire always has). */
export type Shape = {
  /** For people: “invoice”. */
  readonly what: string
  /** Its id first, then what people call it. */
  readonly names: readonly [string, ...string[]]
  /** Always there, as numbers. */
  readonly numbers: readonly string[]
  /** Always there, as lists. */
  readonly lists: readonly string[]
  /** Lists where they are there. */
  readonly maybeLists?: readonly string[]
  /** Always there, as objects. */
  readonly objects?: readonly string[]
  /** Always there, and nothing but these. */
  readonly values: { readonly [field: string]: readonly string[] }
  /** Whether amounts are in a currency of its own. */
  readonly currency?: true
}

/** Looks at each record of a read. A flow must not compute with what is not what it seems: “12.10” + 1 is no sum. */
export function flawIn(shape: Shape): (record: DataRecord) => Flaw | undefined {
  const { names, numbers, lists, maybeLists = [], objects = [], values, currency } = shape
  const allowed = Object.entries(values).map(([field, all]) => [field, new Set(all)] as const)
  const unexpected = (record: DataRecord, field: string, wanted: string): Flaw => ({
    code: 'FIELD_UNEXPECTED',
    message: `“${field}” of ${shape.what} ${nameOf(names, record)} is ${shown(record[field])}, and not ${wanted}.`,
  })
  return (record) => {
    if (textOf(record[names[0]]) === '') return unexpected(record, names[0], 'an id')
    const { UpdatedDateUTC: changed } = record
    if (typeof changed !== 'string' || Number.isNaN(Date.parse(changed))) {
      return unexpected(record, 'UpdatedDateUTC', 'a time')
    }
    for (const [field, known] of allowed) {
      const value = record[field]
      if (typeof value !== 'string' || !known.has(value)) return unexpected(record, field, 'a value known here')
    }
    for (const field of numbers) if (typeof record[field] !== 'number') return unexpected(record, field, 'a number')
    for (const field of lists) if (!Array.isArray(record[field])) return unexpected(record, field, 'a list')
    for (const field of maybeLists) {
      if (record[field] !== undefined && !Array.isArray(record[field])) return unexpected(record, field, 'a list')
    }
    for (const field of objects) {
      const value = record[field]
      if (typeof value !== 'object' || value === null) return unexpected(record, field, 'an object')
    }
    return currency ? currencyFlaw(shape, record) : undefined
  }
}

/** ISO 4217, as this Node.js knows it. */
const CURRENCIES = new Set(Intl.supportedValuesOf('currency'))

function currencyFlaw({ what, names }: Shape, record: DataRecord): Flaw | undefined {
  const code = record.CurrencyCode
  if (typeof code === 'string' && CURRENCIES.has(code)) return undefined
  return {
    code: 'CURRENCY_UNKNOWN',
    message: `Nobody knows the currency ${typeof code === 'string' ? `“${code.slice(0, 40)}”` : shown(code)} of ${what} ${nameOf(names, record)}, nor how many decimals it has.`,
  }
}

const nameOf = (names: readonly string[], record: DataRecord): string =>
  names.map((name) => textOf(record[name])).findLast((name) => name !== '') ?? 'without a name'

function shown(value: unknown): string {
  if (value === undefined) return 'missing'
  if (value === null) return 'null'
  if (typeof value === 'string') return `the text “${value.slice(0, 40)}”`
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return Array.isArray(value) ? 'a list' : 'an object'
}

const TOTALS = ['SubTotal', 'TotalTax', 'Total'] as const
const DOCUMENT_STATUSES = ['DRAFT', 'SUBMITTED', 'AUTHORISED', 'PAID', 'VOIDED', 'DELETED'] as const
const MONEY_LISTS = ['Payments', 'CreditNotes', 'Prepayments', 'Overpayments'] as const

export const invoiceFlaw = flawIn({
  what: 'invoice',
  names: ['InvoiceID', 'InvoiceNumber'],
  numbers: [...TOTALS, 'AmountDue', 'AmountPaid', 'AmountCredited'],
  lists: ['LineItems'],
  maybeLists: MONEY_LISTS,
  objects: ['Contact'],
  values: { Type: ['ACCREC', 'ACCPAY'], Status: DOCUMENT_STATUSES },
  currency: true,
})

export const creditNoteFlaw = flawIn({
  what: 'credit note',
  names: ['CreditNoteID', 'CreditNoteNumber'],
  numbers: [...TOTALS, 'RemainingCredit'],
  lists: ['LineItems'],
  maybeLists: ['Payments', 'Allocations'],
  objects: ['Contact'],
  values: { Type: ['ACCRECCREDIT', 'ACCPAYCREDIT'], Status: DOCUMENT_STATUSES },
  currency: true,
})

export const contactFlaw = flawIn({
  what: 'contact',
  names: ['ContactID', 'Name'],
  numbers: [],
  lists: [],
  maybeLists: ['Addresses', 'Phones', 'ContactGroups', 'ContactPersons'],
  values: { ContactStatus: ['ACTIVE', 'ARCHIVED', 'GDPRREQUEST'] },
})

export const paymentFlaw = flawIn({
  what: 'payment',
  names: ['PaymentID', 'Reference'],
  numbers: ['Amount'],
  lists: [],
  values: {
    Status: ['AUTHORISED', 'DELETED'],
    // The spec's list; those of credit notes, prepayments and overpayments are refunds.
    PaymentType: [
      'ACCRECPAYMENT',
      'ACCPAYPAYMENT',
      'ARCREDITPAYMENT',
      'APCREDITPAYMENT',
      'AROVERPAYMENTPAYMENT',
      'ARPREPAYMENTPAYMENT',
      'APPREPAYMENTPAYMENT',
      'APOVERPAYMENTPAYMENT',
    ],
  },
})

const CREDIT_STATUSES = ['AUTHORISED', 'PAID', 'VOIDED'] as const

export const prepaymentFlaw = flawIn({
  what: 'prepayment',
  names: ['PrepaymentID', 'Reference'],
  numbers: [...TOTALS, 'RemainingCredit'],
  lists: ['LineItems', 'Allocations'],
  objects: ['Contact'],
  values: {
    Type: ['RECEIVE-PREPAYMENT', 'SPEND-PREPAYMENT', 'ARPREPAYMENT', 'APPREPAYMENT'],
    Status: CREDIT_STATUSES,
  },
  currency: true,
})

export const overpaymentFlaw = flawIn({
  what: 'overpayment',
  names: ['OverpaymentID', 'Reference'],
  numbers: [...TOTALS, 'RemainingCredit'],
  lists: ['LineItems', 'Allocations'],
  objects: ['Contact'],
  values: { Type: ['RECEIVE-OVERPAYMENT', 'SPEND-OVERPAYMENT', 'AROVERPAYMENT'], Status: CREDIT_STATUSES },
  currency: true,
})

export const bankTransactionFlaw = flawIn({
  what: 'bank transaction',
  names: ['BankTransactionID', 'Reference'],
  numbers: TOTALS,
  lists: ['LineItems'],
  objects: ['BankAccount'],
  values: {
    Type: [
      'RECEIVE',
      'RECEIVE-OVERPAYMENT',
      'RECEIVE-PREPAYMENT',
      'SPEND',
      'SPEND-OVERPAYMENT',
      'SPEND-PREPAYMENT',
      'RECEIVE-TRANSFER',
      'SPEND-TRANSFER',
    ],
    Status: ['AUTHORISED', 'DELETED', 'VOIDED'],
  },
  currency: true,
})

export const manualJournalFlaw = flawIn({
  what: 'manual journal',
  names: ['ManualJournalID', 'Narration'],
  numbers: [],
  lists: ['JournalLines'],
  values: { Status: ['DRAFT', 'POSTED', 'DELETED', 'VOIDED', 'ARCHIVED'] },
})
