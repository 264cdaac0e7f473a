import { Type } from 'typebox'
import { defineRead } from '../../kit/connector.ts'
import { readsDocuments } from '../read/document-read.ts'
import { ChangedSince, PageSize } from '../read/list-settings.ts'
import { DOCUMENT_MONEY } from '../read/money-fields.ts'
import { prepaymentFlaw } from '../read/shapes.ts'

const permissions = ['accounting.payments.read']

const Settings = Type.Object(
  {
    changedSince: ChangedSince,
    pageSize: PageSize,
  },
  { additionalProperties: false },
)

export const listPrepayments = defineRead<typeof Settings>({
  name: 'list-prepayments',
  title: 'List prepayments',
  summary: 'Reads prepayments with their lines and allocations, at first all of them, then those that changed.',
  synonyms: ['deposits', 'advance', 'unallocated money'],
  settings: Settings,
  permissions,
  moneyFields: DOCUMENT_MONEY,
  ...readsDocuments<typeof Settings>({
    walkOf: ({ changedSince, pageSize }) => ({
      path: '/Prepayments',
      list: 'Prepayments',
      doing: 'list prepayments',
      permissions,
      idField: 'PrepaymentID',
      pageSize,
      startAt: changedSince,
      query: { unitdp: 4 },
    }),
    idField: 'PrepaymentID',
    day: 'date of the prepayment',
    names: [],
    nameTitle: 'id',
    flaw: prepaymentFlaw,
  }),
})
