import { Type } from 'typebox'
import { defineRead, type Window } from '../../kit/connector.ts'
import { allOf, ofDays } from '../read/filters.ts'
import { PageSize, typeFilter } from '../read/list-settings.ts'
import { DOCUMENT_MONEY } from '../read/money-fields.ts'
import { countChanges, type Walk, walkChanges } from '../read/pages.ts'
import { invoiceFlaw } from '../read/shapes.ts'

const permissions = ['accounting.invoices.read']

/**
 * Every invoice on which money is owed now, each time anew: what becomes overdue does so without any change in Xero, so
 * that no read of changes would bring it.
 */
export const listOpenInvoices = defineRead({
  name: 'list-open-invoices',
  title: 'List open invoices',
  summary: 'Reads all invoices on which something is owed now, in every run.',
  synonyms: ['overdue', 'receivables', 'unpaid', 'due'],
  settings: Type.Object(
    {
      types: Type.Array(
        Type.Union([Type.Literal('ACCREC', { title: 'Sales invoices' }), Type.Literal('ACCPAY', { title: 'Bills' })]),
        { title: 'Types', minItems: 1, uniqueItems: true, default: ['ACCREC'] },
      ),
      pageSize: PageSize,
    },
    { additionalProperties: false },
  ),
  permissions,
  moneyFields: DOCUMENT_MONEY,
  incremental: false,
  flaw: invoiceFlaw,
  read: (context, from) => walkChanges(context, walkOf(context.settings), from),
  window: {
    title: 'invoice date',
    read: (context, window, from) => walkChanges(context, windowWalk(context.settings, window), from),
  },
  estimate: (context, { window }) =>
    countChanges(context, window ? windowWalk(context.settings, window) : walkOf(context.settings), undefined),
})

type Settings = { readonly types: readonly string[]; readonly pageSize: number }

const windowWalk = (settings: Settings, window: Window): Walk => {
  const walk = walkOf(settings)
  return { ...walk, query: { ...walk.query, where: allOf(walk.query.where, ofDays(window)) } }
}

const walkOf = ({ types, pageSize }: Settings) =>
  ({
    path: '/Invoices',
    list: 'Invoices',
    doing: 'list open invoices',
    permissions,
    idField: 'InvoiceID',
    pageSize,
    startAt: '',
    query: { unitdp: 4, where: typeFilter(types, 2), Statuses: 'AUTHORISED' },
  }) satisfies Walk
