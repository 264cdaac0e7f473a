import { Type } from 'typebox'
import { defineLookup } from '../../kit/connector.ts'
import { sumOf } from '../../kit/decimal.ts'
import { StepError } from '../../kit/errors.ts'
import { GUID } from '../read/by-id.ts'
import { ReportDay } from '../read/list-settings.ts'
import { getReport, reportAmount } from './reports.ts'

const permissions = ['accounting.reports.aged.read']
const doing = 'read aged receivables'

export const getAgedReceivables = defineLookup({
  name: 'get-aged-receivables',
  title: 'Get what a contact owes',
  summary: 'Finds the open invoices of a contact as the report “aged receivables” has them, with their sum.',
  synonyms: ['report', 'outstanding', 'debtors', 'overdue', 'statement'],
  settings: Type.Object({ date: ReportDay('As at') }, { additionalProperties: false }),
  permissions,
  moneyFields: ['Total', 'Paid', 'Credited', 'Due', 'Overdue'],
  // The report is of one contact.
  maxBatch: 1,
  async find(context, keys) {
    const [key = ''] = keys
    if (!GUID.test(key.trim())) return new Map()
    try {
      const { heads, rows } = await getReport(context, {
        report: 'AgedReceivablesByContact',
        doing,
        permissions,
        query: { contactId: key.trim().toLowerCase(), date: context.settings.date || undefined },
      })
      const at = (head: string) => heads.findIndex((one) => one.toLowerCase() === head)
      const [date, number, due, total, paid, credited, open] = [
        at('date'),
        at('number') < 0 ? at('reference') : at('number'),
        at('due date'),
        at('total'),
        at('paid'),
        at('credited'),
        at('due'),
      ]
      const invoices = rows
        .filter((row) => !row.isSummary && row.ids.invoiceID !== undefined)
        .map(({ cells, ids }) => ({
          InvoiceID: ids.invoiceID,
          Date: (cells[date] ?? '').slice(0, 10),
          Number: cells[number] ?? '',
          DueDate: (cells[due] ?? '').slice(0, 10),
          Total: reportAmount(cells[total] ?? '', doing),
          Paid: reportAmount(cells[paid] ?? '', doing),
          Credited: reportAmount(cells[credited] ?? '', doing),
          Due: reportAmount(cells[open] ?? '', doing),
        }))
      return new Map([
        [key, { ContactID: key, Due: Number(sumOf(invoices.map((one) => `${one.Due}`))), Invoices: invoices }],
      ])
    } catch (error) {
      if (error instanceof StepError && error.code === 'NOT_FOUND') return new Map()
      throw error
    }
  },
})
