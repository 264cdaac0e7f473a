import { Type } from 'typebox'
import { defineRead } from '../../kit/connector.ts'
import { readsDocuments } from '../read/document-read.ts'
import { ChangedSince, PageSize, typeFilter } from '../read/list-settings.ts'
import { DOCUMENT_MONEY } from '../read/money-fields.ts'
import { bankTransactionFlaw } from '../read/shapes.ts'

const permissions = ['accounting.banktransactions.read']

const Settings = Type.Object(
  {
    types: Type.Array(
      Type.Union([
        Type.Literal('RECEIVE', { title: 'Money received' }),
        Type.Literal('SPEND', { title: 'Money spent' }),
        Type.Literal('RECEIVE-PREPAYMENT', { title: 'Prepayments received' }),
        Type.Literal('RECEIVE-OVERPAYMENT', { title: 'Overpayments received' }),
        Type.Literal('SPEND-PREPAYMENT', { title: 'Prepayments made' }),
        Type.Literal('SPEND-OVERPAYMENT', { title: 'Overpayments made' }),
        Type.Literal('RECEIVE-TRANSFER', { title: 'Transfers in' }),
        Type.Literal('SPEND-TRANSFER', { title: 'Transfers out' }),
      ]),
      { title: 'Types', minItems: 1, uniqueItems: true, default: ['RECEIVE', 'SPEND'] },
    ),
    changedSince: ChangedSince,
    pageSize: PageSize,
  },
  { additionalProperties: false },
)

export const listBankTransactions = defineRead<typeof Settings>({
  name: 'list-bank-transactions',
  title: 'List bank transactions',
  summary: 'Reads money received and spent that belongs to no invoice, at first all of it, then what changed.',
  synonyms: ['bank', 'spend money', 'receive money', 'cash'],
  settings: Settings,
  permissions,
  moneyFields: DOCUMENT_MONEY,
  ...readsDocuments<typeof Settings>({
    walkOf: ({ types, changedSince, pageSize }) => ({
      path: '/BankTransactions',
      list: 'BankTransactions',
      doing: 'list bank transactions',
      permissions,
      idField: 'BankTransactionID',
      pageSize,
      startAt: changedSince,
      query: { unitdp: 4, where: typeFilter(types, 8) },
    }),
    idField: 'BankTransactionID',
    day: 'date of the transaction',
    names: [],
    nameTitle: 'id',
    flaw: bankTransactionFlaw,
  }),
})
