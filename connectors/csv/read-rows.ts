import { Type } from 'typebox'
import { type Context, type Cursor, type DataRecord, defineRead, type Flaw, type Page } from '../kit/connector.ts'
import { StepError } from '../kit/errors.ts'
import { fieldsOf, listOf, textOf } from '../kit/fields.ts'
import type { StoredFile } from '../kit/files.ts'
import { Column, type ColumnOf, readCell } from './cells.ts'
import { Delimiter } from './dialect.ts'
import { type Dialect, oneRow, type Place, type Row, readRows } from './rows.ts'
import { filesBehind } from './source.ts'

/** Rows of one page. */
const PAGE = 1_000

export const readRowsOfFiles = defineRead({
  name: 'read-rows',
  title: 'Read rows of CSV files',
  summary: 'Reads the rows of new CSV files, uploaded to this workspace or fetched, each file once.',
  synonyms: ['csv', 'file', 'upload', 'sftp', 'import', 'spreadsheet', 'table'],
  settings: Type.Object(
    {
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
    },
    { additionalProperties: false },
  ),
  permissions: [],
  incremental: true,
  // A cursor is a byte of a file: nothing is delivered again.
  exact: true,
  again: rowAgain,
  async *read(context, from) {
    const start = from ? cursorOf(from) : { file: 0, place: undefined }
    // A file that was begun is gone on with first; sequence numbers begin at 1.
    const files = await filesBehind(context, start.place ? start.file - 1 : start.file)
    if (files.length === 0) yield { records: [], cursor: { file: start.file, ...(start.place ?? {}) } }
    for (const file of files) {
      yield* rowsOf(context, file, file.sequence === start.file ? start.place : undefined)
    }
  },
})

type Settings = Dialect & { readonly header: boolean; readonly columns: readonly ColumnOf[] }

async function* rowsOf(context: Context<Settings>, file: StoredFile, begun: Place | undefined): AsyncGenerator<Page> {
  const { settings, files, signal } = context
  const first = settings.header ? await firstRow(context, file) : undefined
  // An empty file has no headings, and no rows either.
  const headings = first?.cells ?? []
  const columns = settings.header && first === undefined ? [] : columnsOf(settings, headings, file.name)
  let place = begun ?? first?.next ?? { offset: 0, line: 1 }
  let page = newPage()
  for await (const rows of readRows(files.read(file, place.offset), settings, place)) {
    for (const row of rows) {
      signal.throwIfAborted()
      place = row.next
      take(page, row, { file: file.name, columns, headings: settings.header ? headings : undefined })
      if (page.records.length + page.refused.length < PAGE) continue
      yield { ...page, cursor: { file: file.sequence, ...place } }
      page = newPage()
    }
  }
  yield { ...page, cursor: { file: file.sequence } }
}

const newPage = () => ({ records: [] as DataRecord[], refused: [] as NonNullable<Page['refused']>[number][] })

async function firstRow({ files, settings }: Context<Settings>, file: StoredFile): Promise<Row | undefined> {
  for await (const [row] of readRows(files.read(file, 0), settings)) return row
  return undefined
}

type Chosen = ColumnOf & { readonly at: number }

/** @throws StepError CONFIG_INVALID when a column is not in the file: every row would be wrong. */
function columnsOf({ header, columns }: Settings, headings: readonly string[], file: string): readonly Chosen[] {
  const names = headings.map((heading) => heading.trim())
  if (columns.length === 0) {
    return names.map((name, at) => ({ column: name, field: fieldName(name, at), at }))
  }
  return columns.map((column) => {
    const at = header ? names.indexOf(column.column.trim()) : Number(column.column) - 1
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
type Table = {
  readonly file: string
  readonly columns: readonly Chosen[]
  readonly headings: readonly string[] | undefined
}

/** The row of a refused record, by the settings as they are now: its cells, or its text where they could not be told. */
function rowAgain(settings: Settings, refused: DataRecord): { readonly record: DataRecord } | Flaw {
  const { name, line } = fieldsOf(refused._file)
  const file = textOf(name)
  const flaw = (why: string): Flaw => ({ code: 'INVALID_INPUT', message: `${file}, line ${textOf(line)}: ${why}` })
  if (refused.cut) {
    return flaw('Only the beginning of this row is kept. Put the file right, and upload it under another name.')
  }
  const { cells, broken } = Array.isArray(refused.cells)
    ? { cells: refused.cells.map(textOf), broken: undefined }
    : oneRow(textOf(refused.text), settings)
  const headings = settings.header ? listOf(refused.headings).map(textOf) : undefined
  const page = newPage()
  try {
    const columns = columnsOf(settings, headings ?? [], file)
    const row = { cells, line: Number(line), ...(broken ? { broken } : {}) }
    take(page, row, { file, columns, headings })
  } catch (error) {
    if (!(error instanceof StepError)) throw error
    return flaw(error.message)
  }
  const [[record], [still]] = [page.records, page.refused]
  if (record) return { record }
  return still ? { code: still.code, message: still.message } : flaw('There is no row.')
}

function take(
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

/** `{file}`: that file is done; with `offset` and `line`: it is gone on with there. */
function cursorOf({ file, offset, line }: Cursor): { readonly file: number; readonly place: Place | undefined } {
  if (typeof file !== 'number') {
    throw new StepError('CONFIG_INVALID', 'The stored cursor is not one of a read of files. Reset it to begin anew.')
  }
  return { file, place: typeof offset === 'number' && typeof line === 'number' ? { offset, line } : undefined }
}
