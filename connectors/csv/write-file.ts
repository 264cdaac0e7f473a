import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import { Type } from 'typebox'
import { baseUrl } from '../kit/address.ts'
import { CONFIRMED, type Context, defineWrite } from '../kit/connector.ts'
import { textOf } from '../kit/fields.ts'
import { placeOf } from './connection.ts'
import { Delimiter } from './dialect.ts'
import { formatRows } from '../kit/delimited.ts'
import { withSftp } from './sftp.ts'
import { httpRefusal } from './source.ts'

export const writeFile = defineWrite({
  name: 'write-file',
  title: 'Write a CSV file',
  summary: 'Puts the rows of a batch into one CSV file, kept for download or delivered.',
  synonyms: ['csv', 'export', 'file', 'sftp', 'download', 'spreadsheet'],
  settings: Type.Object(
    {
      path: Type.String({
        title: 'Folder',
        description: 'Where files are delivered to: /in',
        pattern: '^[^\\s]*$',
        maxLength: 500,
        default: '',
      }),
      name: Type.String({
        title: 'Beginning of the name',
        description: 'The rest is a mark of the content: the same rows have the same name.',
        pattern: '^[A-Za-z0-9_-]{1,80}$',
        default: 'export',
      }),
      fields: Type.Array(Type.String({ title: 'Field', minLength: 1, maxLength: 200 }), {
        title: 'Fields, in the order of the columns',
        minItems: 1,
        maxItems: 200,
      }),
      delimiter: Delimiter,
      header: Type.Boolean({ title: 'Headings in the first line', default: true }),
      guard: Type.Boolean({
        title: 'For people who open it as a spreadsheet',
        description: 'Cells that would be carried out as formulas get an apostrophe in front.',
        default: true,
      }),
    },
    { additionalProperties: false },
  ),
  permissions: [],
  rules: [
    {
      rule: 'needs-key',
      setting: 'record',
      key: 'key',
      severity: 'error',
      message: 'Give each row a “key” that is its own, such as the number of the order. By it a repeat is known.',
    },
  ],
  // The name says what is in it: written again, the same file is there once.
  effect: 'upsert',
  policies: ['once-per-key-and-content', 'every-time', 'once-per-key'],
  payload: Type.Object(
    {
      key: Type.String({ title: 'Business key', minLength: 1, maxLength: 200 }),
      row: Type.Record(Type.String(), Type.Unknown(), { title: 'Row' }),
    },
    { additionalProperties: false },
  ),
  maxBatch: 10_000,
  whole: true,
  prepare: (_settings, payload) => payload,
  key: (_settings, payload) => textOf(payload.key),
  async write(context, items) {
    const { fields, delimiter, header, guard, name } = context.settings
    // The payload's schema makes it an object.
    const rows = items.map(({ value }) => fields.map((field) => (value.row as { [field: string]: unknown })[field]))
    const content = Buffer.from(formatRows(header ? [fields, ...rows] : rows, { delimiter, guard }))
    const mark = createHash('sha256').update(content).digest('hex').slice(0, 16)
    await deliver(context, `${name}-${mark}.csv`, content)
    return items.map(() => CONFIRMED)
  },
})

async function deliver(context: Context<{ readonly path: string }>, name: string, content: Buffer): Promise<void> {
  const path = posix.join(context.settings.path === '' ? '.' : context.settings.path, name)
  switch (placeOf(context.connection)) {
    case 'uploads':
      await context.files.keep(name, name, whole(content))
      return
    case 'sftp':
      return withSftp(context, (files) => files.write(path, content))
    case 'http': {
      const answer = await context.http.send({
        method: 'PUT',
        url: `${baseUrl(context.connection, 'baseUrl')}/${path.replace(/^[./]+/, '')}`,
        headers: { 'content-type': 'text/csv; charset=utf-8' },
        body: content,
      })
      if (answer.status < 200 || answer.status >= 300) throw httpRefusal(answer, `take ${name}`)
    }
  }
}

async function* whole(content: Buffer) {
  yield content
}
