import { Type } from 'typebox'

/** What has a history that can be read and added to, with the scope that reads it. */
const RESOURCES = {
  Invoices: 'Invoices and bills',
  CreditNotes: 'Credit notes',
  Contacts: 'Contacts',
  Payments: 'Payments',
  Prepayments: 'Prepayments',
  Overpayments: 'Overpayments',
  BankTransactions: 'Bank transactions',
  ManualJournals: 'Manual journals',
  Items: 'Items',
} as const

export const Resource = Type.Union(
  Object.entries(RESOURCES).map(([name, title]) => Type.Literal(name, { title })),
  { title: 'Of', default: 'Invoices' },
)
