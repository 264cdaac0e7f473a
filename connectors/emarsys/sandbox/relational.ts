import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Account } from './account.ts'
import { record } from './account.ts'
import { isRecord, textOf } from './contact-writes.ts'
import { ApiFailure, ok } from './envelope.ts'

/** A table of the relational data service: which columns make a record the same one, and the records by those. */
export type RelationalTable = {
  readonly key: readonly string[]
  readonly columns: readonly string[]
  readonly rows: Map<string, { readonly [column: string]: unknown }>
}

const MOST_RECORDS = 1000

/** One connection with one table; in a live account both are made by hand. */
export const bornTables = (): Map<string, RelationalTable> =>
  new Map([
    [
      'shop/open_invoices',
      { key: ['invoice_no'], columns: ['invoice_no', 'customer', 'amount_due', 'due_date'], rows: new Map() },
    ],
  ])

type OfTable = { Params: { connection: string; table: string } }

const tableOf = (account: Account, request: FastifyRequest<OfTable>): RelationalTable => {
  const { connection, table } = request.params
  const found = account.tables.get(`${connection}/${table}`)
  if (found === undefined) throw new ApiFailure(404, 15_001, `Table does not exist: ${connection}.${table}`)
  return found
}

/** `POST …/records`: inserts, or replaces what has the same key. A call is taken or refused as a whole. */
const upsert = (account: Account, request: FastifyRequest<OfTable>) => {
  const table = tableOf(account, request)
  if (!Array.isArray(request.body)) throw new ApiFailure(400, 15_002, 'Array expected')
  if (request.body.length > MOST_RECORDS) throw new ApiFailure(400, 15_003, `More than ${MOST_RECORDS} records`)
  const rows = request.body.map((row) => {
    if (!isRecord(row)) throw new ApiFailure(400, 15_002, 'Objects expected')
    const unknown = Object.keys(row).find((column) => !table.columns.includes(column))
    if (unknown !== undefined) throw new ApiFailure(400, 15_004, `Unknown column: ${unknown}`)
    if (table.key.some((column) => textOf(row[column]) === ''))
      throw new ApiFailure(400, 15_005, `No value for key column: ${table.key.join(', ')}`)
    return [table.key.map((column) => textOf(row[column])).join('\u0000'), row] as const
  })
  for (const [key, row] of rows) table.rows.set(key, row)
  record(account, 'relational.upsert', 0, { records: rows.length })
  return ok({})
}

/** The relational data service, below `/api/rds` and `/api/rds/v1`. */
export const relationalRoutes = (app: FastifyInstance, account: Account): void => {
  const records = '/connections/:connection/tables/:table/records'
  const needs = { config: { emarsysSwitch: 'rds.records' } }
  app.post<OfTable>(records, needs, async (request) => upsert(account, request))
  app.get<OfTable>(records, needs, async (request) => {
    const table = tableOf(account, request)
    const wanted = Object.entries(request.query as { [column: string]: string }) // query parameters are texts
    return [...table.rows.values()]
      .filter((row) => wanted.every(([column, value]) => textOf(row[column]) === value))
      .slice(0, MOST_RECORDS)
  })
}
