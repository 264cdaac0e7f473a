import { Type } from 'typebox'
import { defineRead } from '../../kit/connector.ts'
import { ReportDay } from '../read/list-settings.ts'
import { accountOf, getReport, reportAmount } from './reports.ts'

const permissions = ['accounting.reports.trialbalance.read']
const doing = 'read the trial balance'

export const getTrialBalance = defineRead({
  name: 'get-trial-balance',
  title: 'Read the trial balance',
  summary: 'One record for each account: debit and credit of the month and of the year, in the base currency.',
  synonyms: ['report', 'balances', 'general ledger'],
  settings: Type.Object(
    {
      date: ReportDay('As at'),
      cashBasis: Type.Boolean({ title: 'On cash basis', default: false }),
    },
    { additionalProperties: false },
  ),
  permissions,
  moneyFields: ['Debit', 'Credit', 'YTDDebit', 'YTDCredit'],
  incremental: false,
  async *read(context, from) {
    if (from?.done === true) return
    const { date, cashBasis } = context.settings
    const { heads, rows } = await getReport(context, {
      report: 'TrialBalance',
      doing,
      permissions,
      query: { date: date || undefined, paymentsOnly: cashBasis || undefined },
    })
    const at = (head: string) => heads.findIndex((one) => one.toLowerCase() === head)
    const columns = { Debit: at('debit'), Credit: at('credit'), YTDDebit: at('ytd debit'), YTDCredit: at('ytd credit') }
    const records = rows
      .filter((row) => !row.isSummary && row.ids.account !== undefined)
      .map((row) => ({
        AccountID: row.ids.account,
        ...accountOf(row.cells[0] ?? ''),
        Section: row.section,
        ...Object.fromEntries(
          Object.entries(columns).map(([name, column]) => [name, reportAmount(row.cells[column] ?? '', doing)]),
        ),
      }))
    yield { records, cursor: { done: true } }
  },
})
