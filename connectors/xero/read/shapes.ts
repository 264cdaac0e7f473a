import { flawIn, type Shape } from '../../kit/shape.ts'

// What Xero says its records are: its OpenAPI file, and what the live wire always has.

const CHANGED = { times: ['UpdatedDateUTC'] } as const satisfies Partial<Shape>

const TOTALS = ['SubTotal', 'TotalTax', 'Total'] as const
const DOCUMENT_STATUSES = ['DRAFT', 'SUBMITTED', 'AUTHORISED', 'PAID', 'VOIDED', 'DELETED'] as const
const MONEY_LISTS = ['Payments', 'CreditNotes', 'Prepayments', 'Overpayments'] as const

export const invoiceFlaw = flawIn({
  ...CHANGED,
  what: 'invoice',
  names: ['InvoiceID', 'InvoiceNumber'],
  numbers: [...TOTALS, 'AmountDue', 'AmountPaid', 'AmountCredited'],
  lists: ['LineItems'],
  maybeLists: MONEY_LISTS,
  objects: ['Contact'],
  values: { Type: ['ACCREC', 'ACCPAY'], Status: DOCUMENT_STATUSES },
  currency: 'CurrencyCode',
})

export const creditNoteFlaw = flawIn({
  ...CHANGED,
  what: 'credit note',
  names: ['CreditNoteID', 'CreditNoteNumber'],
  numbers: [...TOTALS, 'RemainingCredit'],
  lists: ['LineItems'],
  maybeLists: ['Payments', 'Allocations'],
  objects: ['Contact'],
  values: { Type: ['ACCRECCREDIT', 'ACCPAYCREDIT'], Status: DOCUMENT_STATUSES },
  currency: 'CurrencyCode',
})

export const contactFlaw = flawIn({
  ...CHANGED,
  what: 'contact',
  names: ['ContactID', 'Name'],
  maybeLists: ['Addresses', 'Phones', 'ContactGroups', 'ContactPersons'],
  values: { ContactStatus: ['ACTIVE', 'ARCHIVED', 'GDPRREQUEST'] },
})

export const paymentFlaw = flawIn({
  ...CHANGED,
  what: 'payment',
  names: ['PaymentID', 'Reference'],
  numbers: ['Amount'],
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
  ...CHANGED,
  what: 'prepayment',
  names: ['PrepaymentID', 'Reference'],
  numbers: [...TOTALS, 'RemainingCredit'],
  lists: ['LineItems', 'Allocations'],
  objects: ['Contact'],
  values: {
    Type: ['RECEIVE-PREPAYMENT', 'SPEND-PREPAYMENT', 'ARPREPAYMENT', 'APPREPAYMENT'],
    Status: CREDIT_STATUSES,
  },
  currency: 'CurrencyCode',
})

export const overpaymentFlaw = flawIn({
  ...CHANGED,
  what: 'overpayment',
  names: ['OverpaymentID', 'Reference'],
  numbers: [...TOTALS, 'RemainingCredit'],
  lists: ['LineItems', 'Allocations'],
  objects: ['Contact'],
  values: { Type: ['RECEIVE-OVERPAYMENT', 'SPEND-OVERPAYMENT', 'AROVERPAYMENT'], Status: CREDIT_STATUSES },
  currency: 'CurrencyCode',
})

export const bankTransactionFlaw = flawIn({
  ...CHANGED,
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
  currency: 'CurrencyCode',
})

export const manualJournalFlaw = flawIn({
  ...CHANGED,
  what: 'manual journal',
  names: ['ManualJournalID', 'Narration'],
  lists: ['JournalLines'],
  values: { Status: ['DRAFT', 'POSTED', 'DELETED', 'VOIDED', 'ARCHIVED'] },
})
