import { Type } from 'typebox'
import { CONFIRMED, type DataRecord, defineWrite } from '../../kit/connector.ts'
import { plainDecimal } from '../../kit/decimal.ts'
import { StepError } from '../../kit/errors.ts'
import { textOf } from '../../kit/fields.ts'
import { call } from '../client/client.ts'

const permissions = ['rds.records']

const Name = (title: string, description: string) =>
  Type.String({ title, description, pattern: '^[A-Za-z0-9_.-]+$', maxLength: 100 })

/**
 * `POST /api/rds/v1/connections/{connection}/tables/{table}/records`: a list of at most 1,000 rows, each inserted or put
 * in place of what has the same key; https://dev.emarsys.com, “Relational Data”. A call is taken or refused as a whole.
 */
export const upsertRelational = defineWrite({
  name: 'upsert-relational',
  title: 'Write relational data',
  summary: 'Inserts or replaces rows of a table of Emarsys’ relational data service, for use in mails and segments.',
  synonyms: ['rds', 'custom table', 'database'],
  settings: Type.Object(
    {
      database: Name('Database', 'Name of the connection, as set up in Emarsys under Relational Data.'),
      table: Name('Table', 'Its name. Table and columns are made in Emarsys.'),
      keyColumns: Type.Array(Type.String({ title: 'Column', minLength: 1, maxLength: 100 }), {
        title: 'Key columns',
        description: 'The columns by which Emarsys knows a row again, as set up there.',
        minItems: 1,
        maxItems: 10,
        uniqueItems: true,
      }),
    },
    { additionalProperties: false },
  ),
  permissions,
  effect: 'upsert',
  policies: ['once-per-key-and-content', 'every-time'],
  payload: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()]), {
    title: 'Row',
    description: 'Values by column: { "invoice_no": InvoiceNumber, "amount_due": AmountDue }',
  }),
  maxBatch: 1000,
  // Rows are taken or refused together: Emarsys names no single one.
  whole: true,
  prepare(settings, payload) {
    const row = Object.fromEntries(
      // As text: Emarsys' numbers have other digits than ours.
      Object.entries(payload).map(([column, value]) => [
        column,
        typeof value === 'number' ? plainDecimal(value) : value,
      ]),
    )
    const missing = settings.keyColumns.find((column) => textOf(row[column]).trim() === '')
    if (missing !== undefined)
      throw new StepError('INVALID_INPUT', `This row has no value for key column “${missing}”.`)
    return row
  },
  // Lengths first: no two keys of several columns look alike.
  key: (settings, row) => settings.keyColumns.map((column) => part(textOf(row[column]), settings)).join(''),
  async write(context, items) {
    const { database, table } = context.settings
    await call(context, {
      method: 'POST',
      service: '/api/rds/v1',
      path: `/connections/${encodeURIComponent(database)}/tables/${encodeURIComponent(table)}/records`,
      json: items.map((item): DataRecord => item.value),
      doing: 'write relational data',
      permissions,
    })
    return items.map(() => CONFIRMED)
  },
})

const part = (value: string, { keyColumns }: { readonly keyColumns: readonly string[] }) =>
  keyColumns.length === 1 ? value : `${value.length}:${value};`
