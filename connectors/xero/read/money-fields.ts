/** Fields of invoices, credit notes and their lines, payments and allocations that hold amounts of money. */
export const DOCUMENT_MONEY = [
  'SubTotal',
  'TotalTax',
  'Total',
  'TotalDiscount',
  'AmountDue',
  'AmountPaid',
  'AmountCredited',
  'RemainingCredit',
  'AppliedAmount',
  'UnitAmount',
  'LineAmount',
  'TaxAmount',
  'DiscountAmount',
  'Amount',
  'RoundingAmount',
] as const

export const CONTACT_MONEY = ['Outstanding', 'Overdue'] as const

export const PAYMENT_MONEY = ['Amount', 'BankAmount'] as const

export const JOURNAL_MONEY = ['LineAmount', 'TaxAmount'] as const
