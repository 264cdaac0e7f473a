import { baseUrl } from '../../kit/address.ts'
import type { Context } from '../../kit/connector.ts'
import { type Code, StepError } from '../../kit/errors.ts'
import { type Fields, fieldsOf, textOf } from '../../kit/fields.ts'
import type { HttpAnswer } from '../../kit/http.ts'
import { parseJson } from '../../kit/json.ts'
import { excerpt } from '../../kit/redact.ts'
import { remoteNow, retryAfterMs } from '../../kit/retry-after.ts'

export type Call = {
  readonly method: 'GET' | 'POST' | 'PUT'
  /** Below /api/v3: `/contact/`. WSSE logins go to v2 with the same path (connection.ts). */
  readonly path: string
  /** Where the path begins, for services beside the Core API: `/api/email/reporting/v1`. */
  readonly service?: string
  readonly query?: { readonly [name: string]: string | number | undefined }
  readonly json?: unknown
  /** What is attempted, for messages: `upsert contacts`. */
  readonly doing: string
  readonly permissions: readonly string[]
}

/** One call; answers the `data` of the envelope. HTTP 200 alone proves nothing: the reply code must be 0 too. */
export async function call(context: Context, asked: Call): Promise<unknown> {
  const answer = await send(context, asked)
  // By content, never by content type: Emarsys has been seen to call its JSON text/html.
  const envelope = readEnvelope(answer)
  // A 202 is no success: it says that the work goes on (10001).
  if (isGood(answer) && answer.status !== 202 && envelope?.replyCode === 0) return envelope.data
  throw emarsysError(answer, envelope, asked)
}

/** One call to an endpoint whose good answers are JSON without an envelope: members of a list, reporting. */
export async function plainCall(context: Context, asked: Call): Promise<unknown> {
  const answer = await send(context, asked)
  const envelope = readEnvelope(answer)
  if (!isGood(answer) || envelope) throw emarsysError(answer, envelope, asked)
  return parseJson(answer.text)
}

/** One call to an endpoint whose good answers are CSV; all else is an envelope. */
export async function textCall(context: Context, asked: Call): Promise<string> {
  const answer = await send(context, asked)
  const envelope = readEnvelope(answer)
  // A page of a proxy is no CSV, whatever its status.
  if (!isGood(answer) || envelope || /^\s*</.test(answer.text)) throw emarsysError(answer, envelope, asked)
  return answer.text
}

const isGood = ({ status }: HttpAnswer) => status >= 200 && status < 300

const send = (context: Context, { method, service = '/api/v3', path, query, json }: Call): Promise<HttpAnswer> =>
  context.http.send({
    method,
    url: `${baseUrl(context.connection, 'apiUrl')}${service}${path}`,
    headers: { accept: 'application/json' },
    ...(query ? { query } : {}),
    ...(json === undefined ? {} : { json }),
  })

/** A list that an answer must be. */
export function answeredList(data: unknown, doing: string): readonly Fields[] {
  if (!Array.isArray(data)) throw new StepError('REPLY_UNREADABLE', `Emarsys gave no list when asked to ${doing}.`)
  return data.map(fieldsOf)
}

export function salesAddress(context: Context): string {
  const merchant = textOf(context.connection.merchantId)
  if (merchant === '') {
    throw new StepError(
      'CONFIG_INVALID',
      'This Emarsys connection has no merchant id. Sales data needs it: add it to the connection.',
    )
  }
  return `${baseUrl(context.connection, 'salesUrl')}/hapi/merchant/${encodeURIComponent(merchant)}/sales-data/api`
}

type Envelope = { readonly replyCode: unknown; readonly replyText: string; readonly data: unknown }

function readEnvelope(answer: HttpAnswer): Envelope | undefined {
  if (!answer.text.trimStart().startsWith('{')) return undefined
  try {
    const body = fieldsOf(parseJson(answer.text))
    return 'replyCode' in body
      ? { replyCode: body.replyCode, replyText: textOf(body.replyText), data: body.data }
      : undefined
  } catch {
    return undefined
  }
}

/** What one reply code means for one record or one call, where it is not a matter of the flow's configuration. */
const RECORD_CODES: { readonly [code: string]: Code } = {
  '2005': 'RECORD_REFUSED',
  '2006': 'RECORD_REFUSED',
  '2007': 'RECORD_REFUSED',
  '2008': 'NOT_FOUND',
  // Said of an upsert when two writers create one contact at the same moment; nothing was written for this one.
  '2009': 'KEY_BUSY',
  '2010': 'AMBIGUOUS',
  // The relational data service; its codes are not published, and a call is taken or refused as a whole.
  '15002': 'RECORD_REFUSED',
  '15004': 'RECORD_REFUSED',
  '15005': 'RECORD_REFUSED',
  '3001': 'RECORD_REFUSED',
  '5002': 'RECORD_REFUSED',
  '5003': 'RECORD_REFUSED',
  '5008': 'RECORD_REFUSED',
  '5009': 'RECORD_REFUSED',
  '5010': 'RECORD_REFUSED',
  '5011': 'RECORD_REFUSED',
  '9001': 'RECORD_REFUSED',
  '9002': 'RECORD_REFUSED',
  '9006': 'RECORD_REFUSED',
}

/** Code for an error that Emarsys gave for one record of a call. */
export const recordCode = (code: string): Code => RECORD_CODES[code] ?? 'RECORD_REFUSED'

/** The same number means different things under different statuses: judged by the pair. */
function emarsysError(answer: HttpAnswer, envelope: Envelope | undefined, { doing, permissions }: Call): StepError {
  const { status } = answer
  const code = textOf(envelope?.replyCode)
  const remote = excerpt(envelope ? `${envelope.replyText} (${code})` : answer.text)
  const options = { status, remote }
  const failed = (reason: Code, sentence: string, more: object = {}) =>
    new StepError(reason, `Emarsys refused to ${doing}: ${sentence}`, { ...options, ...more })

  if (status === 401) return failed('LOGIN_REFUSED', `it does not accept the login (${remote}). Connect Emarsys again.`)
  if (status === 403) {
    const needed = permissions.length === 0 ? '' : ` Needed: ${permissions.join(', ')}.`
    return failed('PERMISSION_MISSING', `the credential lacks a permission.${needed} Switch it on in Emarsys.`)
  }
  if (status === 429)
    return failed('RATE_LIMITED', 'too many calls in the last minute.', { retryAfterMs: waitOf(answer) })
  // 202 with 10001: a segment is being evaluated, an export is being made.
  if (status === 202 || code === '4005') {
    return new StepError('STILL_WORKING', `Emarsys is still at work: ${doing}.`, {
      ...options,
      retryAfterMs: retryAfterMs(answer) ?? 5000,
    })
  }
  // 423: another run of the same kind is active; Emarsys allows one a minute.
  if (status === 423) return failed('RATE_LIMITED', `busy. ${remote}`, { retryAfterMs: retryAfterMs(answer) ?? 60_000 })
  if (status >= 500 || status === 408) {
    return new StepError('REMOTE_DOWN', `Emarsys could not ${doing}: HTTP ${status}. ${remote}`, {
      ...options,
      dialled: 'maybe',
      retryAfterMs: retryAfterMs(answer),
    })
  }
  if (code === '4001') {
    return failed('RATE_LIMITED', `the same export is running already. ${remote}`, { retryAfterMs: 60_000 })
  }
  if (!envelope) {
    const lost = status >= 200 && status < 300
    if (status === 404) return failed('CONFIG_INVALID', `the address does not exist (HTTP 404). ${remote}`)
    return new StepError(
      'REPLY_UNREADABLE',
      `Emarsys answered “${doing}” with HTTP ${status} and no envelope: ${remote}`,
      {
        ...options,
        dialled: lost ? 'maybe' : 'no',
      },
    )
  }
  return failed(RECORD_CODES[code] ?? 'CONFIG_INVALID', remote)
}

/**
 * Emarsys sends no Retry-After; `X-RateLimit-Reset` is a unix time in seconds on its own clock. Without either, the
 * limit being one of calls per minute, a minute is enough.
 */
function waitOf(answer: HttpAnswer): number {
  const reset = Number(answer.headers['x-ratelimit-reset'])
  if (answer.headers['x-ratelimit-reset'] === undefined || !Number.isFinite(reset))
    return retryAfterMs(answer) ?? 60_000
  // Never less than a second: the clock in the Date header has whole seconds.
  return Math.max(1000, reset * 1000 - remoteNow(answer))
}
