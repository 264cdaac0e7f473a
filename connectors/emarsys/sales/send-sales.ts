import { Type } from 'typebox'
import { CONFIRMED, type DataRecord, defineWrite, type Outcome } from '../../kit/connector.ts'
import { negated, plainDecimal } from '../../kit/decimal.ts'
import { StepError } from '../../kit/errors.ts'
import { fieldsOf, listOf, textOf } from '../../kit/fields.ts'
import type { HttpAnswer } from '../../kit/http.ts'
import { excerpt } from '../../kit/redact.ts'
import { retryAfterMs } from '../../kit/retry-after.ts'
import { utcSeconds } from '../../kit/time.ts'
import { salesAddress } from '../client/client.ts'
import { cellBytes, writeCsv } from './csv.ts'
import { bindKeyField } from '../field/field-names.ts'
import { contactReference, EMAIL, hasControls, normalKey } from '../field/keys.ts'

/** Of one upload, in bytes and rows, whichever comes first. The true limits are not published. */
const MAX_BODY = 5_000_000
const MAX_ROWS = 10_000
/** Room for the line of column names. */
const HEADER_BYTES = 5000

const COLUMNS = [
  'item',
  'price',
  'order',
  'timestamp',
  'customer',
  'quantity',
  'f_original_amount',
  's_original_currency',
  's_document',
  's_kind',
] as const

const DECIMALS = ['price', 'quantity']
const REQUIRED = ['item', 'price', 'order', 'timestamp', 'quantity']

const Amount = (title: string, description: string) =>
  Type.Union([Type.Number(), Type.String()], { title, description })

export const sendSales = defineWrite({
  name: 'send-sales',
  title: 'Send sales data',
  summary:
    'Books purchases, one row per order line. Emarsys cannot take rows back, so a change is sent as its difference.',
  synonyms: ['orders', 'purchases', 'revenue', 'transactions', 'smart insight'],
  settings: Type.Object(
    {
      columns: Type.Array(Type.String({ title: 'Column', pattern: '^[a-z][a-z0-9_]*$' }), {
        title: 'Columns, in order',
        description: 'Exactly as agreed with Emarsys at set-up. Own columns begin with i_, f_ or s_.',
        minItems: 6,
        uniqueItems: true,
        default: [...COLUMNS],
      }),
      identity: Type.Union([Type.Literal('customer', { title: 'customer: an id of yours' }), Type.Literal('email')], {
        title: 'Column that names the contact',
        description: 'Stands where “customer” or “email” stands among the columns.',
        default: 'customer',
      }),
      // No default: the value sent as `customer` is the account's own field, and e-mail would be silently wrong.
      keyField: Type.String({
        title: 'Field with that name',
        description:
          'Name or number of the contact field that the column “customer” refers to in this account; 3 for “email”.',
        pattern: '\\S',
        maxLength: 200,
        'x-options': 'fields',
      }),
      reverseColumns: Type.Array(Type.String({ title: 'Column' }), {
        title: 'Columns that change their sign when a row is reversed',
        uniqueItems: true,
        default: ['price', 'quantity', 'f_original_amount'],
      }),
    },
    { additionalProperties: false },
  ),
  // The sales token is a permission of its own.
  permissions: ['sales data token'],
  moneyFields: ['price', 'f_original_amount'],
  rules: [
    {
      rule: 'needs-key',
      setting: 'record',
      key: 'document',
      severity: 'error',
      message: 'Give each payload its “document”, such as the invoice’s id. By it a repeat and a difference are known.',
    },
  ],
  effect: 'unsafe',
  policies: ['difference', 'once-per-key'],
  payload: Type.Object(
    {
      document: Type.String({
        title: 'Document',
        description: 'What the rows belong to: an invoice’s id',
        minLength: 1,
        maxLength: 200,
      }),
      contact: Type.Union([Type.String(), Type.Number()], { title: 'Contact', description: 'Value of the key field' }),
      rows: Type.Array(
        Type.Object(
          {
            item: Type.String({ title: 'Item', description: 'Product number' }),
            price: Amount('Price', 'Total of the line, tax taken out, in the account’s currency'),
            order: Type.String({ title: 'Order' }),
            timestamp: Type.String({ title: 'Time', description: 'ISO 8601 with zone' }),
            quantity: Amount('Quantity', 'How many'),
          },
          { additionalProperties: true },
        ),
        { title: 'Rows', description: 'Empty: nothing of this document counts any more', maxItems: 10_000 },
      ),
    },
    { additionalProperties: false },
  ),
  maxBatch: MAX_ROWS,
  // An upload is taken or refused as it is: Emarsys names no single row.
  whole: true,
  bind: bindKeyField,
  prepare(settings, payload) {
    const contact = normalKey(settings.keyField, textOf(payload.contact))
    const rows = listOf(payload.rows).map((row) => preparedRow(fieldsOf(row), settings.columns))
    if (rows.length > 0 && contact === '') throw invalid('it names no contact.')
    const document = textOf(payload.document).trim()
    if (document === '') throw invalid('it names no document.')
    for (const text of [document, contact])
      if (hasControls(text)) throw invalid('its document or contact holds control characters.')
    return { document, contact, rows }
  },
  key: (_settings, payload) => textOf(payload.document),
  difference: {
    rows: (_settings, payload) => rowsOf(payload),
    reverse(settings, row) {
      const reversed: { [column: string]: unknown } = { ...row, s_kind: 'reversal' }
      for (const column of settings.reverseColumns) {
        const amount = plainDecimal(row[column])
        if (amount !== undefined) reversed[column] = negated(amount)
      }
      return reversed
    },
    // In the document's currency where the row names it, so that a rate does not blur what was billed.
    amount(_settings, row) {
      const original = plainDecimal(row.f_original_amount)
      const currency = textOf(row.s_original_currency)
      if (original !== undefined && currency !== '') return { amount: original, currency }
      const price = plainDecimal(row.price)
      return price === undefined ? undefined : { amount: price, currency: '' }
    },
    name: (_settings, row) => textOf(row.order),
  },
  share(settings, item) {
    const rows = Array.isArray(item.rows) ? rowsOf(item) : [item]
    let bytes = 0
    for (const row of rows)
      for (const column of settings.columns)
        bytes += cellBytes(cellOf(row, headed(column, settings), settings.identity))
    return Math.max(bytes / (MAX_BODY - HEADER_BYTES), rows.length / MAX_ROWS)
  },
  // A document without rows sends nothing that could make Emarsys invent a contact.
  requires: (settings, payload) =>
    listOf(payload.rows).length === 0 ? [] : [contactReference(settings.keyField, textOf(payload.contact))],
  subjects: (settings, payload) =>
    listOf(payload.rows).length === 0 ? [] : [contactReference(settings.keyField, textOf(payload.contact))],
  async write(context, items) {
    const { identity, keyField } = context.settings
    const header = headerOf(context.settings)
    checkColumns(header, identity)
    if ((identity === 'email') !== (keyField === EMAIL)) {
      throw new StepError(
        'CONFIG_INVALID',
        `The column “${identity}” cannot hold contact field ${keyField}: e-mail is field 3.`,
      )
    }
    // By difference an item is a row; once per key it is a whole document.
    const rows = items.flatMap((item) => (Array.isArray(item.value.rows) ? rowsOf(item.value) : [item.value]))
    if (rows.length === 0) return items.map(() => CONFIRMED)
    const body = writeCsv([header, ...rows.map((row) => header.map((column) => cellOf(row, column, identity)))])
    // Calls are filled by `share`: only a single document can be this long.
    if (Buffer.byteLength(body) > MAX_BODY) throw invalid('it is longer than 5 MB.')
    const answer = await context.http.send({
      method: 'POST',
      url: salesAddress(context),
      headers: { accept: 'text/plain', 'content-type': 'text/csv' },
      body,
    })
    if (answer.status < 200 || answer.status >= 300) throw salesError(answer)
    // “Upload accepted”: queued. That is all that can ever be known from here. Any other text, a proxy's page for
    // example, says nothing about the rows.
    if (/\baccepted\b/i.test(answer.text)) return items.map(() => CONFIRMED)
    const message = `Emarsys answered the sales data with something else than “Upload accepted”: ${excerpt(answer.text)}`
    return items.map((): Outcome => ({ status: 'unknown', message }))
  },
})

function rowsOf(payload: DataRecord): readonly DataRecord[] {
  return listOf(payload.rows).map((row) => ({ document: payload.document, contact: payload.contact, ...fieldsOf(row) }))
}

/** Amounts as plain decimal text and times in UTC, so that equal rows are equal text. */
function preparedRow(row: DataRecord, columns: readonly string[]): DataRecord {
  const prepared: { [column: string]: string } = { s_kind: 'sale' }
  for (const column in row) {
    const value = row[column]
    if (!columns.includes(column)) throw invalid(`“${column}” is not among the columns agreed with Emarsys.`)
    if (value === null || value === undefined || value === '') continue
    const text = preparedCell(column, value)
    if (text !== '') prepared[column] = text
  }
  for (const column of REQUIRED) if (prepared[column] === undefined) throw invalid(`a row has no “${column}”.`)
  return prepared
}

function preparedCell(column: string, value: unknown): string {
  if (DECIMALS.includes(column) || column.startsWith('f_') || column.startsWith('i_')) {
    const amount = plainDecimal(value)
    if (amount === undefined) throw invalid(`“${column}” is not a number.`)
    return amount
  }
  const text = typeof value === 'number' ? plainDecimal(value) : value
  if (typeof text !== 'string') throw invalid(`“${column}” is not text.`)
  if (hasControls(text)) throw invalid(`“${column}” holds a line break or another control character.`)
  if (column !== 'timestamp') return text.normalize('NFC').trim()
  const time = utcSeconds(text)
  if (time === undefined) throw invalid('“timestamp” is no ISO time with a zone.')
  return time
}

const headerOf = ({ columns, identity }: { readonly columns: readonly string[]; readonly identity: string }) =>
  columns.map((column) => headed(column, { identity }))

/** The column as this account names it: contacts have one of two. */
const headed = (column: string, { identity }: { readonly identity: string }) =>
  column === 'customer' || column === 'email' ? identity : column

function cellOf(row: DataRecord, column: string, identity: string): string {
  if (column === identity) return textOf(row.contact)
  if (column === 's_document') return textOf(row.s_document) || textOf(row.document)
  return textOf(row[column])
}

function checkColumns(header: readonly string[], identity: string): void {
  const missing = [...REQUIRED, identity].filter((column) => !header.includes(column))
  if (missing.length > 0 || new Set(header).size !== header.length) {
    throw new StepError(
      'CONFIG_INVALID',
      `The columns for sales data must hold ${[...REQUIRED, identity].join(', ')} once each, and either customer or email.`,
    )
  }
}

function salesError(answer: HttpAnswer): StepError {
  const remote = excerpt(answer.text)
  const options = { status: answer.status, remote }
  const failed = (code: ConstructorParameters<typeof StepError>[0], sentence: string, more: object = {}) =>
    new StepError(code, `Emarsys refused the sales data: ${sentence}`, { ...options, ...more })
  if (answer.status === 401)
    return failed('LOGIN_REFUSED', 'it does not accept the sales data token. Renew it in the connection.')
  if (answer.status === 403)
    return failed('PERMISSION_MISSING', 'the sales data token may not write to this merchant id.')
  if (answer.status === 404) return failed('CONFIG_INVALID', 'it does not know this merchant id.')
  if (answer.status === 429 || answer.status === 423) {
    return failed('RATE_LIMITED', 'too many uploads.', { retryAfterMs: retryAfterMs(answer) ?? 60_000 })
  }
  if (answer.status >= 400 && answer.status < 500 && answer.status !== 408) {
    // An upload is taken or left as a whole; which row is at fault, nobody says.
    return failed('RECORD_REFUSED', remote)
  }
  return new StepError(
    'REMOTE_DOWN',
    `Emarsys did not say whether it took the sales data: HTTP ${answer.status}. ${remote}`,
    {
      ...options,
      dialled: 'maybe',
    },
  )
}

const invalid = (reason: string) => new StepError('INVALID_INPUT', `This sales document cannot be sent: ${reason}`)
