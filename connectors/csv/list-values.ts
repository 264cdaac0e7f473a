import { Type } from 'typebox'
import { type Context, type DataRecord, defineRead, type Page } from '../kit/connector.ts'
import { StepError } from '../kit/errors.ts'
import { textOf } from '../kit/fields.ts'
import type { StoredFile } from '../kit/files.ts'
import { readRows } from './rows.ts'
import { filesBehind } from './source.ts'
import { By, newPage, openTable, type Settings, TableSettings, take } from './table.ts'

/** Values of one file. More of them are no subjects, but rows. */
const MOST_VALUES = 10_000
/** Rows of one file that become an exception each; the rest of them is one. */
const MOST_REFUSED = 1_000

export const listValues = defineRead({
  name: 'list-values',
  title: 'List what new CSV files are about',
  summary: 'Reads new files, each once, and gives each different value of one field: the days or orders they hold.',
  synonyms: ['csv', 'file', 'upload', 'sftp', 'days', 'distinct', 'orders'],
  settings: Type.Object({ ...TableSettings, by: By }, { additionalProperties: false }),
  permissions: [],
  incremental: true,
  // A file comes once, and its values once.
  exact: true,
  async *read(context, from) {
    const after = from?.file ?? 0
    if (typeof after !== 'number') {
      throw new StepError('CONFIG_INVALID', 'The stored cursor is not one of a read of files. Reset it to begin anew.')
    }
    const files = await filesBehind(context, after)
    if (files.length === 0) yield { records: [], cursor: { file: after } }
    for (const file of files) yield await valuesOf(context, file)
  },
})

async function valuesOf(context: Context<Settings & { readonly by: string }>, file: StoredFile): Promise<Page> {
  const { settings, files, signal } = context
  const { table, begin } = await openTable(context, file)
  const values = new Set<string>()
  const refused: NonNullable<Page['refused']>[number][] = []
  let more = 0
  for await (const rows of readRows(files.read(file, begin.offset), settings, begin)) {
    signal.throwIfAborted()
    const page = newPage()
    for (const row of rows) take(page, row, table)
    for (const record of page.records) {
      const value = textOf(record[settings.by])
      if (value !== '') values.add(value)
      else
        page.refused.push({ record, code: 'INVALID_INPUT', message: `${lineOf(record)}: “${settings.by}” is empty.` })
    }
    if (values.size > MOST_VALUES) {
      throw new StepError('CONFIG_INVALID', `${file.name} has more than ${MOST_VALUES} values of “${settings.by}”.`)
    }
    more += Math.max(0, refused.length + page.refused.length - MOST_REFUSED)
    refused.push(...page.refused.slice(0, MOST_REFUSED - refused.length))
  }
  if (more > 0) {
    const message = `${file.name}: ${more} rows more cannot be read, for reasons such as these.`
    refused.push({ record: { _file: { name: file.name }, more }, code: 'INVALID_INPUT', message })
  }
  return {
    records: [...values].map((value) => ({ value, file: file.name })),
    refused,
    cursor: { file: file.sequence },
  }
}

function lineOf({ _file }: DataRecord): string {
  const { name, line } = _file as { readonly name: string; readonly line: number } // made by `take`
  return `${name}, line ${line}`
}
