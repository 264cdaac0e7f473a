import { Type } from 'typebox'
import { defineRead } from '../../kit/connector.ts'
import { readsDocuments } from '../read/document-read.ts'
import { ChangedSince, PageSize } from '../read/list-settings.ts'
import { PAYMENT_MONEY } from '../read/money-fields.ts'
import { paymentFlaw } from '../read/shapes.ts'

const permissions = ['accounting.payments.read']

const Settings = Type.Object(
  {
    changedSince: ChangedSince,
    pageSize: PageSize,
  },
  { additionalProperties: false },
)

export const listPayments = defineRead<typeof Settings>({
  name: 'list-payments',
  title: 'List payments',
  summary: 'Reads payments and refunds, at first all of them, then those that changed; deleted ones too.',
  synonyms: ['receipts', 'refunds', 'cash', 'paid'],
  settings: Settings,
  permissions,
  moneyFields: PAYMENT_MONEY,
  ...readsDocuments<typeof Settings>({
    walkOf: ({ changedSince, pageSize }) => ({
      path: '/Payments',
      list: 'Payments',
      doing: 'list payments',
      permissions,
      idField: 'PaymentID',
      pageSize,
      startAt: changedSince,
      query: {},
    }),
    idField: 'PaymentID',
    day: 'date of the payment',
    names: ['Reference'],
    nameTitle: 'reference or id',
    flaw: paymentFlaw,
  }),
})
