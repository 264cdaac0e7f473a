import { Type } from 'typebox'
import { defineRead } from '../../kit/connector.ts'
import { readsDocuments } from '../read/document-read.ts'
import { ChangedSince, PageSize, typeFilter } from '../read/list-settings.ts'
import { DOCUMENT_MONEY } from '../read/money-fields.ts'
import { creditNoteFlaw } from '../read/shapes.ts'

const permissions = ['accounting.invoices.read']

const Settings = Type.Object(
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
)

export const listCreditNotes = defineRead<typeof Settings>({
  name: 'list-credit-notes',
  title: 'List credit notes',
  summary: 'Reads credit notes with their lines and allocations, at first all of them, then those that changed.',
  synonyms: ['refunds', 'returns'],
  settings: Settings,
  permissions,
  moneyFields: DOCUMENT_MONEY,
  ...readsDocuments<typeof Settings>({
    walkOf: ({ types, changedSince, pageSize }) => ({
      path: '/CreditNotes',
      list: 'CreditNotes',
      doing: 'list credit notes',
      permissions,
      idField: 'CreditNoteID',
      pageSize,
      startAt: changedSince,
      query: { where: typeFilter(types, 2), unitdp: 4 },
    }),
    idField: 'CreditNoteID',
    day: 'date of the credit note',
    names: ['CreditNoteNumber'],
    nameTitle: 'credit note number or id',
    flaw: creditNoteFlaw,
  }),
})
