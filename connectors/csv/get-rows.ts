import { Type } from 'typebox'
import { type Context, type DataRecord, defineLookup } from '../kit/connector.ts'
import { StepError } from '../kit/errors.ts'
import { textOf } from '../kit/fields.ts'
import type { StoredFile } from '../kit/files.ts'
import { readCell } from './cells.ts'
import { type Row, readRows } from './rows.ts'
import { newestFiles } from './source.ts'
import { By, newPage, openTable, type Settings, type Table, TableSettings, take } from './table.ts'

/** Rows of one key: they travel as one record. */
const MOST_ROWS = 20_000

export const getRows = defineLookup({
  name: 'get-rows',
  title: 'Get rows of CSV files by a value',
  summary:
    'Finds all rows that have a value in one field, in the files that are kept, grouped; the newest file counts.',
  synonyms: ['csv', 'file', 'whole day', 'orders of a day', 'look up rows'],
  settings: Type.Object(
    {
      ...TableSettings,
      by: By,
      group: Type.Array(Type.String({ title: 'Field', minLength: 1, maxLength: 100 }), {
        title: 'Rows of one group have the same',
        description: 'Fields of the record, such as the number of the order.',
        minItems: 1,
        maxItems: 3,
        uniqueItems: true,
        default: ['order'],
      }),
      holds: Type.Union(
        [
          Type.Literal('all', { title: 'all of it: what a newer file leaves out is gone' }),
          Type.Literal('some', { title: 'some of it: groups of several files stand beside each other' }),
        ],
        { title: 'A file that has a value holds', default: 'all' },
      ),
      lookBack: Type.Integer({
        title: 'Files to look through',
        description: 'The newest so many, each time.',
        minimum: 1,
        maximum: 1000,
        default: 100,
      }),
    },
    { additionalProperties: false },
  ),
  permissions: [],
  maxBatch: 31,
  async find(context, keys) {
    const found = new Map<string, Found>()
    for (const file of await newestFiles(context, context.settings.lookBack)) await search(context, file, keys, found)
    return new Map([...found].map(([key, one]) => [key, recordOf(one)]))
  },
})

type Find = Settings & {
  readonly by: string
  readonly group: readonly string[]
  readonly holds: 'all' | 'some'
  readonly names: string
  readonly path: string
  readonly lookBack: number
}

/** `last`: a row of it in an older file, where the newest has none. */
type Group = { readonly rows: DataRecord[]; readonly sequence: number; readonly last?: DataRecord }

/** What is known of a key; files come the newest first. */
type Found = {
  readonly file: StoredFile
  readonly groups: Map<string, Group>
  rows: number
  /** Rows of its newest file that could not be read, and are of it, or might be. */
  unreadable: number
}

async function search(
  context: Context<Find>,
  file: StoredFile,
  keys: readonly string[],
  found: Map<string, Found>,
): Promise<void> {
  const { settings, files, signal } = context
  const { table, begin } = await openTable(context, file)
  const wanted = new Set(keys)
  const unreadable: (string | undefined)[] = []
  for await (const rows of readRows(files.read(file, begin.offset), settings, begin)) {
    signal.throwIfAborted()
    for (const row of rows) {
      const page = newPage()
      take(page, row, table)
      const [record] = page.records
      if (record === undefined) unreadable.push(keyOfRow(row, table, settings.by))
      else if (wanted.has(textOf(record[settings.by]))) add(found, textOf(record[settings.by]), record, file, settings)
    }
  }
  for (const one of found) {
    const [key, { file: newest }] = one
    if (newest === file) one[1].unreadable = unreadable.filter((value) => value === undefined || value === key).length
  }
}

function add(found: Map<string, Found>, key: string, record: DataRecord, file: StoredFile, settings: Find): void {
  const one = found.get(key) ?? { file, groups: new Map<string, Group>(), rows: 0, unreadable: 0 }
  found.set(key, one)
  const { _file, ...row } = record
  const name = JSON.stringify(settings.group.map((field) => textOf(row[field])))
  const group = one.groups.get(name)
  if (settings.holds === 'all' && one.file !== file) {
    // A newer file has this key without the group: it is gone, and was this.
    if (!group) one.groups.set(name, { rows: [], sequence: one.file.sequence, last: row })
    return
  }
  if (group && group.sequence !== file.sequence) return
  if (group) group.rows.push(row)
  else one.groups.set(name, { rows: [row], sequence: file.sequence })
  one.rows += 1
  if (one.rows > MOST_ROWS) {
    throw new StepError(
      'INVALID_INPUT',
      `“${key}” has more than ${MOST_ROWS} rows. They cannot be looked at as a whole.`,
    )
  }
}

const recordOf = ({ file, groups, rows, unreadable }: Found): DataRecord => ({
  ...{ file: file.name, at: file.at, rows, unreadable },
  // What all rows of a group say alike stands in the first; of one that is gone, as it was.
  groups: [...groups.values()].map(({ rows, last }) => ({ ...(last ?? rows[0]), gone: last !== undefined, rows })),
})

/** The key of a row that cannot be used, as far as it can be told. */
function keyOfRow({ cells, broken }: Row, { columns }: Table, by: string): string | undefined {
  const column = columns.find(({ field }) => field === by)
  if (broken || !column) return undefined
  const read = readCell(cells[column.at] ?? '', column)
  return 'why' in read ? undefined : textOf(read.value)
}
