import { Type } from 'typebox'
import type { Context, DataRecord, Page } from '../kit/connector.ts'
import { StepError } from '../kit/errors.ts'
import type { StoredFile } from '../kit/files.ts'
import { Column, type ColumnOf, readCell } from './cells.ts'
import { Delimiter } from './dialect.ts'
import { type Dialect, type Place, type Row, readRows } from './rows.ts'

/** Which files, and what their cells mean. */
export const TableSettings = {
  path: Type.String({
    title: 'Folder, or path of the file',
    description: 'On an SFTP server the folder: /out. Of a web address the file: /exports/orders.csv',
    pattern: '^[^\\s]*$',
    maxLength: 500,
    default: '',
  }),
  names: Type.String({
    title: 'Names of the files',
    description: 'A * stands for anything.',
    minLength: 1,
    maxLength: 200,
    default: '*.csv',
  }),
  delimiter: Delimiter,
  encoding: Type.Union(
    [Type.Literal('utf-8', { title: 'UTF-8' }), Type.Literal('windows-1252', { title: 'Windows, Latin 1' })],
    { title: 'Letters are written in', default: 'utf-8' },
  ),
  header: Type.Boolean({ title: 'The first line has the headings', default: true }),
  columns: Type.Array(Column, {
    title: 'Columns',
    description: 'None: every column as text, under its heading.',
    maxItems: 200,
    default: [],
  }),
} as const

/** By what rows are asked for. */
export const By = Type.String({
  title: 'Field that tells what a row is about',
  description: 'Of the record, as in the columns: the day.',
  minLength: 1,
  maxLength: 100,
  default: 'day',
})

export type Settings = Dialect & { readonly header: boolean; readonly columns: readonly ColumnOf[] }

export const newPage = () => ({ records: [] as DataRecord[], refused: [] as NonNullable<Page['refused']>[number][] })

/** How the rows of a file are to be read, and where they begin. @throws StepError CONFIG_INVALID */
export async function openTable(
  context: Context<Settings>,
  file: StoredFile,
): Promise<{ readonly table: Table; readonly begin: Place }> {
  const { settings } = context
  const first = settings.header ? await firstRow(context, file) : undefined
  // An empty file has no headings, and no rows either.
  const headings = first?.cells ?? []
  const columns = settings.header && first === undefined ? [] : columnsOf(settings, headings, file.name)
  return {
    table: { file: file.name, columns, headings: settings.header ? headings : undefined },
    begin: first?.next ?? { offset: 0, line: 1 },
  }
}

async function firstRow({ files, settings }: Context<Settings>, file: StoredFile): Promise<Row | undefined> {
  for await (const [row] of readRows(files.read(file, 0), settings)) return row
  return undefined
}

type Chosen = ColumnOf & { readonly at: number }

/** @throws StepError CONFIG_INVALID when a column is not in the file: every row would be wrong. */
export function columnsOf({ header, columns }: Settings, headings: readonly string[], file: string): readonly Chosen[] {
  const names = headings.map((heading) => heading.trim())
  if (columns.length === 0) {
    return names.map((name, at) => ({ column: name, field: fieldName(name, at), at }))
  }
  return columns.map((column) => {
    const at = header ? names.indexOf(column.column.trim()) : Number(column.column) - 1
    if (header && at < 0 && column.optional) return { ...column, at }
    if (!Number.isInteger(at) || at < 0) {
      const there = header
        ? `It has ${names
            .slice(0, 20)
            .map((name) => `“${name}”`)
            .join(', ')}.`
        : 'Name it by its number.'
      throw new StepError('CONFIG_INVALID', `The file ${file} has no column “${column.column}”. ${there}`)
    }
    return { ...column, at }
  })
}

const fieldName = (heading: string, at: number) =>
  heading === '' || heading === '__proto__' || heading === 'constructor' ? `column_${at + 1}` : heading

/** `headings`: of a file that has a line of them. */
export type Table = {
  readonly file: string
  readonly columns: readonly Chosen[]
  readonly headings: readonly string[] | undefined
}

export function take(
  page: ReturnType<typeof newPage>,
  row: Pick<Row, 'cells' | 'broken' | 'line'>,
  { file, columns, headings }: Table,
): void {
  const origin = { name: file, line: row.line }
  // All that the row can be made of again, once somebody has put it right.
  const refuse = (why: string, record: DataRecord) =>
    page.refused.push({
      record: { _file: origin, ...(headings ? { headings } : {}), ...record },
      code: 'INVALID_INPUT',
      message: `${file}, line ${row.line}: ${why}`,
    })
  if (row.broken) {
    const { why, text, cut } = row.broken
    return void refuse(why, cut ? { text, cut } : { text })
  }
  const { cells } = row
  if (headings && cells.length !== headings.length) {
    return void refuse(`It has ${cells.length} cells, and the headings are ${headings.length}.`, { cells })
  }
  const record: { [field: string]: unknown } = { _file: origin }
  if (columns.length === 0) record.cells = row.cells
  for (const column of columns) {
    const read = readCell(row.cells[column.at] ?? '', column)
    if ('why' in read) return void refuse(read.why, { cells })
    record[column.field] = read.value
  }
  page.records.push(record)
}
