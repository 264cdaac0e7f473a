import { Type } from 'typebox'
import { defineRead } from '../kit/connector.ts'
import { textOf } from '../kit/fields.ts'
import { ChangedSince, PageSize, typeFilter } from './list-settings.ts'
import { DOCUMENT_MONEY } from './money-fields.ts'
import { walkChanges } from './pages.ts'

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
  read: (context, from) =>
    walkChanges(
      context,
      {
        path: '/Invoices',
        list: 'Invoices',
        doing: 'list invoices',
        permissions,
        idField: 'InvoiceID',
        pageSize: context.settings.pageSize,
        startAt: context.settings.changedSince,
        query: {
          where: typeFilter(context.settings.types, 2),
          Statuses: context.settings.statuses.join(',') || undefined,
        },
      },
      from,
    ),
})
