import type { Context, DataRecord } from '../../kit/connector.ts'
import { StepError } from '../../kit/errors.ts'
import { plainDecimal } from '../../kit/decimal.ts'
import { fieldsOf, listOf, textOf } from '../../kit/fields.ts'
import { getList } from '../client/client.ts'

/** One row of a report: its cells by the heads of their columns, and what it is about. */
export type ReportRow = {
  /** Titles of the sections around it, the outermost first, those without a title left out. */
  readonly section: string
  readonly isSummary: boolean
  /** Texts, in the order of `heads`. */
  readonly cells: readonly string[]
  /** Ids that the row's cells carry: `account`, `invoiceID`. */
  readonly ids: { readonly [name: string]: string }
}

export type Report = { readonly heads: readonly string[]; readonly rows: readonly ReportRow[] }

export type ReportCall = {
  /** `TrialBalance`, below /Reports. */
  readonly report: string
  readonly doing: string
  readonly permissions: readonly string[]
  readonly query: { readonly [name: string]: string | boolean | undefined }
}

/** A report as rows, whatever way Xero nests them. All values of a report are texts. */
export async function getReport(context: Context, { report, doing, permissions, query }: ReportCall): Promise<Report> {
  const { records } = await getList(context, {
    path: `/Reports/${report}`,
    list: 'Reports',
    doing,
    permissions,
    query,
  })
  const [whole] = records
  const top = listOf(whole?.Rows).map(fieldsOf)
  const header = top.find(({ RowType: type }) => type === 'Header')
  if (!whole || !header) {
    throw new StepError('REPLY_UNREADABLE', `Xero's report, asked to ${doing}, has no head row.`)
  }
  return { heads: listOf(header.Cells).map(cellText), rows: top.flatMap((row) => rowsOf(row, [])) }
}

function rowsOf(row: DataRecord, sections: readonly string[]): ReportRow[] {
  const { RowType: type, Title: title, Rows: inner, Cells: cells } = row
  if (type === 'Section') {
    const within = textOf(title) === '' ? sections : [...sections, textOf(title)]
    return listOf(inner).flatMap((one) => rowsOf(fieldsOf(one), within))
  }
  if (type !== 'Row' && type !== 'SummaryRow') return []
  const ids = listOf(cells)
    .flatMap((cell) => listOf(fieldsOf(cell).Attributes))
    .map(fieldsOf)
    .map(({ Id: id, Value: value }) => [textOf(id), textOf(value)] as const)
  return [
    {
      section: sections.join(' / '),
      isSummary: type === 'SummaryRow',
      cells: listOf(cells).map(cellText),
      ids: Object.fromEntries(ids),
    },
  ]
}

const cellText = (cell: unknown): string => textOf(fieldsOf(cell).Value).trim()

/** An amount of a report: `1,234.50`, `(12.00)` below zero; empty is none. */
export function reportAmount(text: string, doing: string): number {
  if (text === '' || text === '-') return 0
  const plain = plainDecimal(text.replace(/,/g, '').replace(/^\((.*)\)$/, '-$1'))
  if (plain === undefined) throw new StepError('REPLY_UNREADABLE', `“${text}” is no amount, asked to ${doing}.`)
  return Number(plain)
}

/** `Sales (200)` → name and code; accounts without a code have no brackets. */
export function accountOf(label: string): { readonly Name: string; readonly Code: string } {
  const [, name, code] = /^(.*) \(([^()]{1,10})\)$/.exec(label) ?? []
  return name === undefined || code === undefined ? { Name: label, Code: '' } : { Name: name, Code: code }
}
