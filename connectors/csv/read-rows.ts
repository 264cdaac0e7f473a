import { Type } from 'typebox'
import { type Context, type Cursor, type DataRecord, defineRead, type Flaw, type Page } from '../kit/connector.ts'
import { StepError } from '../kit/errors.ts'
import { fieldsOf, listOf, textOf } from '../kit/fields.ts'
import type { StoredFile } from '../kit/files.ts'
import { oneRow, type Place, readRows } from './rows.ts'
import { filesBehind } from './source.ts'
import { columnsOf, newPage, openTable, type Settings, TableSettings, take } from './table.ts'

/** Rows of one page. */
const PAGE = 1_000

export const readRowsOfFiles = defineRead({
  name: 'read-rows',
  title: 'Read rows of CSV files',
  summary: 'Reads the rows of new CSV files, uploaded to this workspace or fetched, each file once.',
  synonyms: ['csv', 'file', 'upload', 'sftp', 'import', 'spreadsheet', 'table'],
  settings: Type.Object(TableSettings, { additionalProperties: false }),
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

async function* rowsOf(context: Context<Settings>, file: StoredFile, begun: Place | undefined): AsyncGenerator<Page> {
  const { settings, files, signal } = context
  const { table, begin } = await openTable(context, file)
  let place = begun ?? begin
  let page = newPage()
  for await (const rows of readRows(files.read(file, place.offset), settings, place)) {
    for (const row of rows) {
      signal.throwIfAborted()
      place = row.next
      take(page, row, table)
      if (page.records.length + page.refused.length < PAGE) continue
      yield { ...page, cursor: { file: file.sequence, ...place } }
      page = newPage()
    }
  }
  yield { ...page, cursor: { file: file.sequence } }
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

/** `{file}`: that file is done; with `offset` and `line`: it is gone on with there. */
function cursorOf({ file, offset, line }: Cursor): { readonly file: number; readonly place: Place | undefined } {
  if (typeof file !== 'number') {
    throw new StepError('CONFIG_INVALID', 'The stored cursor is not one of a read of files. Reset it to begin anew.')
  }
  return { file, place: typeof offset === 'number' && typeof line === 'number' ? { offset, line } : undefined }
}
