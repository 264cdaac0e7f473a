import { Type } from 'typebox'
import { defineRead, type Window } from '../../kit/connector.ts'
import { textOf } from '../../kit/fields.ts'
import { allOf, anyText, ofDays } from '../read/filters.ts'
import { ChangedSince, PageSize, typeFilter } from '../read/list-settings.ts'
import { DOCUMENT_MONEY } from '../read/money-fields.ts'
import { type Walk, countChanges, walkChanges } from '../read/pages.ts'
import { invoiceFlaw } from '../read/shapes.ts'
import { findSingle } from '../read/singles.ts'

const permissions = ['accounting.invoices.read']

export const listInvoices = defineRead({
  name: 'list-invoices',
  title: 'List invoices',
  summary: 'Reads invoices with their lines, at first all of them, then those that changed.',
  synonyms: ['sales', 'bills', 'orders', 'paid invoices'],
  settings: Type.Object(
    {
      types: Type.Array(
        Type.Union([Type.Literal('ACCREC', { title: 'Sales invoices' }), Type.Literal('ACCPAY', { title: 'Bills' })]),
        { title: 'Types', minItems: 1, uniqueItems: true, default: ['ACCREC'] },
      ),
      statuses: Type.Array(
        Type.Union(
          ['DRAFT', 'SUBMITTED', 'AUTHORISED', 'PAID', 'VOIDED', 'DELETED'].map((status) => Type.Literal(status)),
        ),
        {
          title: 'Only these statuses',
          description: 'None chosen: all, so that voids and taken-back payments are seen too.',
          uniqueItems: true,
          default: [],
        },
      ),
      changedSince: ChangedSince,
      pageSize: PageSize,
    },
    { additionalProperties: false },
  ),
  permissions,
  moneyFields: DOCUMENT_MONEY,
  rules: [
    {
      rule: 'only-values',
      setting: 'statuses',
      values: ['PAID'],
      severity: 'warning',
      message: 'Reading paid invoices only, this flow never learns that one was voided or its payment taken back.',
    },
  ],
  incremental: true,
  identify: (invoice) => ({
    id: textOf(invoice.InvoiceID),
    version: textOf(invoice.UpdatedDateUTC),
    at: textOf(invoice.UpdatedDateUTC),
  }),
  flaw: invoiceFlaw,
  read: (context, from) => walkChanges(context, walkOf(context.settings), from),
  window: {
    title: 'invoice date',
    read: (context, window, from) => walkChanges(context, windowWalk(context.settings, window), from),
  },
  estimate: (context, { from, window }) =>
    countChanges(context, window ? windowWalk(context.settings, window) : walkOf(context.settings), from),
  single: {
    title: 'invoice number or id',
    find: (context, keys) => {
      const { idField: _, pageSize: __, startAt: ___, ...call } = walkOf(context.settings)
      const { where } = call.query
      return findSingle(context, keys, {
        keyFields: ['InvoiceID', 'InvoiceNumber'],
        byIds: (ids) => ({ ...call, query: { ...call.query, IDs: ids.join(',') } }),
        byNames: (numbers) => ({
          ...call,
          query: { ...call.query, where: allOf(where, anyText('InvoiceNumber', numbers)) },
        }),
      })
    },
  },
})

type Settings = {
  readonly types: readonly string[]
  readonly statuses: readonly string[]
  readonly changedSince: string
  readonly pageSize: number
}

/** What the settings ask for; the same for changes, windows and single invoices. */
const walkOf = ({ types, statuses, changedSince, pageSize }: Settings) =>
  ({
    path: '/Invoices',
    list: 'Invoices',
    doing: 'list invoices',
    permissions,
    idField: 'InvoiceID',
    pageSize,
    startAt: changedSince,
    query: { unitdp: 4, where: typeFilter(types, 2), Statuses: statuses.join(',') || undefined },
  }) satisfies Walk

const windowWalk = (settings: Settings, window: Window): Walk => {
  const walk = walkOf(settings)
  return { ...walk, startAt: '', query: { ...walk.query, where: allOf(walk.query.where, ofDays(window)) } }
}
