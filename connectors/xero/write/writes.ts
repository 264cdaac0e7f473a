import { baseUrl } from '../../kit/address.ts'
import { CONFIRMED, type Context, type DataRecord, type Outcome } from '../../kit/connector.ts'
import { StepError } from '../../kit/errors.ts'
import { fieldsOf, listOf, textOf } from '../../kit/fields.ts'
import type { HttpAnswer } from '../../kit/http.ts'
import { parseJson } from '../../kit/json.ts'
import { excerpt } from '../../kit/redact.ts'
import { commonHeaders, messagesOf, problemOf, xeroError } from '../client/client.ts'
import { refusalCode } from '../client/refusals.ts'

/** For this long after the first call Xero knows its key again, in milliseconds, under the same access token. */
export const KEY_KEPT_MS = 6 * 60_000
/** Xero asks for at most about this many elements in one request. */
export const MOST_ELEMENTS = 50

export type Sent = {
  /** PUT creates, POST changes, or creates what it does not find. */
  readonly method: 'PUT' | 'POST'
  /** Below /api.xro/2.0: `/Invoices`. */
  readonly path: string
  /** Root key of what is sent and of the answer. */
  readonly list: string
  readonly elements: readonly DataRecord[]
  readonly doing: string
  readonly permissions: readonly string[]
  /** Xero answers a repeat of this very request under this key as it did the first time. */
  readonly key: string
}

/** Sends elements, each judged by itself: one answer per element, in order. */
export async function sendList(context: Context, sent: Sent): Promise<readonly Outcome[]> {
  const { doing, list, elements } = sent
  const answer = await send(context, sent, { [list]: elements }, { summarizeErrors: false, unitdp: 4 })
  const judged = listOf(fieldsOf(parseJson(answer.text, `Xero's answer to “${doing}”`))[list])
  if (judged.length !== elements.length) {
    throw new StepError(
      'REPLY_UNREADABLE',
      `Xero answered “${doing}” with ${judged.length} elements for ${elements.length}.`,
      { dialled: 'maybe' },
    )
  }
  return judged.map((element) => outcomeOf(fieldsOf(element)))
}

/** Of several elements that are taken or refused together, those that were the reason, as Xero echoes them. */
export class RefusedTogether extends StepError {
  override name = 'RefusedTogether'
  readonly elements: readonly DataRecord[]

  constructor(error: StepError, elements: readonly DataRecord[]) {
    super(error.code, error.message, {
      ...(error.status === undefined ? {} : { status: error.status }),
      ...(error.remote === undefined ? {} : { remote: error.remote }),
    })
    this.elements = elements
  }
}

/** Sends one element, or some to an address that judges them as a whole. @throws StepError when it is refused. */
export async function sendWhole(context: Context, sent: Sent, body: unknown): Promise<void> {
  const answer = await send(context, sent, body, {})
  const reply = parseJson(answer.text, `Xero's answer to “${sent.doing}”`)
  const elements = listOf(fieldsOf(reply)[sent.list])
  if (elements.length === 0) {
    throw new StepError('REPLY_UNREADABLE', `Xero's answer to “${sent.doing}” has no list “${sent.list}”.`, {
      dialled: 'maybe',
    })
  }
  for (const element of elements) {
    const outcome = outcomeOf(fieldsOf(element))
    // A 200 may hold a refusal: a change within a locked period is dropped like this.
    if (outcome.status === 'rejected') {
      throw new StepError(outcome.code, outcome.message, {
        ...(outcome.remote === undefined ? {} : { remote: outcome.remote }),
      })
    }
  }
}

async function send(
  context: Context,
  { method, path, key, doing, permissions }: Sent,
  body: unknown,
  query: { readonly [name: string]: string | number | boolean },
): Promise<HttpAnswer> {
  const answer = await context.http.send({
    method,
    url: `${baseUrl(context.connection, 'apiUrl')}/api.xro/2.0${path}`,
    query,
    headers: { ...commonHeaders(context.connection), 'idempotency-key': key },
    json: body,
  })
  if (answer.status !== 200) throw sendError(answer, doing, permissions)
  return answer
}

/** Takes something away. Answers false when Xero does not know it (any more). */
export async function remove(
  context: Context,
  { path, doing, permissions }: Pick<Sent, 'path' | 'doing' | 'permissions'>,
): Promise<boolean> {
  const answer = await context.http.send({
    method: 'DELETE',
    url: `${baseUrl(context.connection, 'apiUrl')}/api.xro/2.0${path}`,
    headers: commonHeaders(context.connection),
  })
  if (answer.status === 404) return false
  if (answer.status === 204) return true
  if (answer.status !== 200) throw sendError(answer, doing, permissions)
  throw new StepError('REPLY_UNREADABLE', `Xero answered “${doing}” with a text where there should be none.`, {
    dialled: 'maybe',
  })
}

export function outcomeOf(element: { readonly [field: string]: unknown }): Outcome {
  const messages = messagesOf(element)
  const refused =
    element.HasErrors === true ||
    element.HasValidationErrors === true ||
    element.StatusAttributeString === 'ERROR' ||
    messages.length > 0
  if (!refused) return withoutLines(element) ?? CONFIRMED
  const remote = excerpt(messages.join(' ') || 'no reason given')
  return { status: 'rejected', code: refusalCode(messages), message: `Xero refused this record: ${remote}`, remote }
}

/** Xero books a journal without the lines whose account it does not know, and warns. Nobody can take that back here. */
function withoutLines(element: { readonly [field: string]: unknown }): Outcome | undefined {
  const dropped = listOf(element.Warnings)
    .map((warning) => textOf(fieldsOf(warning).Message))
    .filter((message) => /has been removed/i.test(message))
  if (dropped.length === 0) return undefined
  return {
    status: 'unknown',
    message: `Xero took it without some lines; correct it there. ${excerpt(dropped.join(' '))}`,
  }
}

function sendError(answer: HttpAnswer, doing: string, permissions: readonly string[]): StepError {
  const error = xeroError(answer, doing, permissions)
  if (answer.status !== 400) return error
  // The key was used by another request than this one: no word about what became of that.
  if (/idempotency key/i.test(answer.text)) {
    const { message, remote } = error
    return new StepError('REPLY_UNREADABLE', message, { dialled: 'maybe', ...(remote === undefined ? {} : { remote }) })
  }
  // A value that Xero cannot read is one record's fault; nothing says which one's.
  const { ErrorNumber, Type } = problemOf(answer.text)
  if (ErrorNumber !== 14 && Type !== 'PostDataInvalidException') {
    const elements = listOf(problemOf(answer.text).Elements).map(fieldsOf)
    return elements.length > 0 ? new RefusedTogether(error, elements) : error
  }
  const { status, remote } = error
  return new StepError('RECORD_REFUSED', error.message, {
    ...(status === undefined ? {} : { status }),
    ...(remote === undefined ? {} : { remote }),
  })
}
