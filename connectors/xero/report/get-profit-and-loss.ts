import { Type } from 'typebox'
import { defineRead } from '../../kit/connector.ts'
import { ReportDay } from '../read/list-settings.ts'
import { accountOf, getReport, reportAmount } from './reports.ts'

const permissions = ['accounting.reports.profitandloss.read']
const doing = 'read profit and loss'

export const getProfitAndLoss = defineRead({
  name: 'get-profit-and-loss',
  title: 'Read profit and loss',
  summary: 'One record for each account and each sum of the report, in the base currency.',
  synonyms: ['report', 'income statement', 'revenue', 'net profit'],
  settings: Type.Object(
    {
      fromDate: ReportDay('From'),
      toDate: ReportDay('To'),
      cashBasis: Type.Boolean({ title: 'On cash basis', default: false }),
    },
    { additionalProperties: false },
  ),
  permissions,
  moneyFields: ['Amount'],
  incremental: false,
  async *read(context, from) {
    if (from?.done === true) return
    const { fromDate, toDate, cashBasis } = context.settings
    const { heads, rows } = await getReport(context, {
      report: 'ProfitAndLoss',
      doing,
      permissions,
      query: {
        fromDate: fromDate || undefined,
        toDate: toDate || undefined,
        standardLayout: true,
        paymentsOnly: cashBasis || undefined,
      },
    })
    const records = rows.map((row) => ({
      Section: row.section,
      // Sums and lines such as “Gross Profit” belong to no account.
      Kind: row.ids.account === undefined ? 'sum' : 'account',
      ...(row.ids.account === undefined
        ? { Name: row.cells[0] ?? '' }
        : { AccountID: row.ids.account, ...accountOf(row.cells[0] ?? '') }),
      Period: heads[1] ?? '',
      Amount: reportAmount(row.cells[1] ?? '', doing),
    }))
    yield { records, cursor: { done: true } }
  },
})
