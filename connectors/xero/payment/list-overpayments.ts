import { Type } from 'typebox'
import { defineRead } from '../../kit/connector.ts'
import { readsDocuments } from '../read/document-read.ts'
import { ChangedSince, PageSize } from '../read/list-settings.ts'
import { DOCUMENT_MONEY } from '../read/money-fields.ts'
import { overpaymentFlaw } from '../read/shapes.ts'

const permissions = ['accounting.payments.read']

const Settings = Type.Object(
  {
    changedSince: ChangedSince,
    pageSize: PageSize,
  },
  { additionalProperties: false },
)

export const listOverpayments = defineRead<typeof Settings>({
  name: 'list-overpayments',
  title: 'List overpayments',
  summary: 'Reads overpayments with their lines and allocations, at first all of them, then those that changed.',
  synonyms: ['paid too much', 'unallocated money'],
  settings: Settings,
  permissions,
  moneyFields: DOCUMENT_MONEY,
  ...readsDocuments<typeof Settings>({
    walkOf: ({ changedSince, pageSize }) => ({
      path: '/Overpayments',
      list: 'Overpayments',
      doing: 'list overpayments',
      permissions,
      idField: 'OverpaymentID',
      pageSize,
      startAt: changedSince,
      query: { unitdp: 4 },
    }),
    idField: 'OverpaymentID',
    day: 'date of the overpayment',
    names: [],
    nameTitle: 'id',
    flaw: overpaymentFlaw,
  }),
})
