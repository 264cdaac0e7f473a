import { Type } from 'typebox'
import { defineRead } from '../kit/connector.ts'
import { textOf } from '../kit/fields.ts'
import { ChangedSince, PageSize, typeFilter } from './list-settings.ts'
import { DOCUMENT_MONEY } from './money-fields.ts'
import { walkChanges } from './pages.ts'

const permissions = ['accounting.invoices.read']

export const listCreditNotes = defineRead({
  name: 'list-credit-notes',
  title: 'List credit notes',
  summary: 'Reads credit notes with their lines and allocations, at first all of them, then those that changed.',
  synonyms: ['refunds', 'returns'],
  settings: Type.Object(
    {
      types: Type.Array(
        Type.Union([
          Type.Literal('ACCRECCREDIT', { title: 'To customers' }),
          Type.Literal('ACCPAYCREDIT', { title: 'From suppliers' }),
        ]),
        { title: 'Types', minItems: 1, uniqueItems: true, default: ['ACCRECCREDIT'] },
      ),
      changedSince: ChangedSince,
      pageSize: PageSize,
    },
    { additionalProperties: false },
  ),
  permissions,
  moneyFields: DOCUMENT_MONEY,
  incremental: true,
  identify: (note) => ({
    id: textOf(note.CreditNoteID),
    version: textOf(note.UpdatedDateUTC),
    at: textOf(note.UpdatedDateUTC),
  }),
  read: (context, from) =>
    walkChanges(
      context,
      {
        path: '/CreditNotes',
        list: 'CreditNotes',
        doing: 'list credit notes',
        permissions,
        idField: 'CreditNoteID',
        pageSize: context.settings.pageSize,
        startAt: context.settings.changedSince,
        query: { where: typeFilter(context.settings.types, 2) },
      },
      from,
    ),
})
