import { baseUrl } from '../../kit/address.ts'
import type { Context, DataRecord } from '../../kit/connector.ts'
import { type Code, StepError } from '../../kit/errors.ts'
import { fieldsOf, listOf, textOf } from '../../kit/fields.ts'
import type { HttpAnswer } from '../../kit/http.ts'
import { parseJson } from '../../kit/json.ts'
import { excerpt } from '../../kit/redact.ts'

/** Scopes of an API account, as BigCommerce spells them (docs/start/authentication/api-accounts). */
export const SCOPES = {
  orders: 'store_v2_orders_read_only',
  customers: 'store_v2_customers_read_only',
  transactions: 'store_v2_transactions_read_only',
  products: 'store_v2_products_read_only',
} as const

export type Call = {
  /** Below /stores/{hash}: `/v2/orders`. */
  readonly path: string
  readonly query?: { readonly [name: string]: string | number | undefined }
  /** What is attempted, for messages: `list orders`. */
  readonly doing: string
  readonly permissions: readonly string[]
}

export type Listing = {
  readonly records: readonly DataRecord[]
  /** Whether it is the last page; undefined where the answer does not say (all of V2). */
  readonly last: boolean | undefined
}

/** One GET. An answer without a body, as V2 gives for nothing, is `null`. */
export async function get(context: Context, call: Call): Promise<unknown> {
  const { connection, http } = context
  const answer = await http.send({
    method: 'GET',
    url: `${baseUrl(connection, 'apiUrl')}/stores/${textOf(connection.storeHash)}${call.path}`,
    // Without Accept V2 answers XML.
    headers: { accept: 'application/json' },
    ...(call.query ? { query: call.query } : {}),
  })
  if (answer.status === 204) return null
  if (answer.status !== 200) throw refusal(answer, call)
  return parseJson(answer.text, `BigCommerce's answer to “${call.doing}”`)
}

/** A list of V2: a bare array, and no body at all where it is empty. */
export async function getV2(context: Context, call: Call): Promise<Listing> {
  const body = await get(context, call)
  if (body !== null && !Array.isArray(body)) throw noList(call)
  return { records: recordsOf(body ?? [], call), last: undefined }
}

/** A list of V3: `data` with its pages in `meta`. */
export async function getV3(context: Context, call: Call): Promise<Listing> {
  const { data, meta } = fieldsOf(await get(context, call))
  if (!Array.isArray(data)) throw noList(call)
  const { current_page: page, total_pages: pages } = fieldsOf(fieldsOf(meta).pagination)
  const counted = typeof page === 'number' && typeof pages === 'number'
  return { records: recordsOf(data, call), last: counted ? page >= pages : data.length === 0 }
}

function recordsOf(list: readonly unknown[], call: Call): readonly DataRecord[] {
  return list.map((one) => {
    if (typeof one !== 'object' || one === null || Array.isArray(one)) throw noList(call)
    return { ...one }
  })
}

const noList = ({ doing }: Call) =>
  new StepError('REPLY_UNREADABLE', `BigCommerce's answer to “${doing}” is not a list of records.`)

const CODES: { readonly [status: number]: Code } = {
  401: 'LOGIN_REFUSED',
  403: 'PERMISSION_MISSING',
  404: 'NOT_FOUND',
  409: 'RECORD_REFUSED',
  422: 'RECORD_REFUSED',
  429: 'RATE_LIMITED',
}

const SENTENCES: { readonly [status: number]: string } = {
  401: 'the access token is not valid any more. Make a new API account and enter its token.',
  404: 'it does not exist there.',
  429: 'the quota of the store is used up for the moment.',
}

function refusal(answer: HttpAnswer, { doing, permissions }: Call): StepError {
  const { status } = answer
  const remote = excerpt(wordsOf(answer.text) || answer.text)
  const code = CODES[status] ?? (status >= 500 ? 'REMOTE_DOWN' : 'CONFIG_INVALID')
  const missing = `the API account lacks a scope. Needed: ${permissions.join(', ') || 'one for this'}. Add it there.`
  const sentence = status === 403 ? missing : (SENTENCES[status] ?? `HTTP ${status}. ${remote}`)
  return new StepError(code, `BigCommerce refused to ${doing}: ${sentence}`, {
    status,
    remote,
    dialled: status >= 500 ? 'maybe' : 'no',
    retryAfterMs: windowEndsMs(answer),
  })
}

/** V2: `[{status, message, details}]`; V3: `{status, title, type, errors: {field: message}}`. */
function wordsOf(text: string): string {
  try {
    const body = parseJson(text)
    const { title, errors, message } = fieldsOf(listOf(body)[0] ?? body)
    return [textOf(message), textOf(title), ...Object.values(fieldsOf(errors)).map(textOf)]
      .filter((word) => word !== '')
      .join(' ')
  } catch {
    return ''
  }
}

/** When the window of the quota ends, milliseconds from now. A 429 without it means that the platform is under load. */
export function windowEndsMs({ headers }: Pick<HttpAnswer, 'headers'>): number | undefined {
  const reset = headers['x-rate-limit-time-reset-ms']
  return reset !== undefined && /^\d{1,7}$/.test(reset) ? Number(reset) : undefined
}
