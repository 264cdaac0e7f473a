import { baseUrl } from '../../kit/address.ts'
import type { Context, DataRecord } from '../../kit/connector.ts'
import { type Code, StepError } from '../../kit/errors.ts'
import { fieldsOf, listOf, textOf } from '../../kit/fields.ts'
import type { HttpAnswer } from '../../kit/http.ts'
import { parseJson } from '../../kit/json.ts'
import { excerpt } from '../../kit/redact.ts'
import { retryAfterMs } from '../../kit/retry-after.ts'
import { instantOf, withPlainDates } from './dates.ts'
import { refusalCode } from './refusals.ts'

export type Call = {
  /** Below /api.xro/2.0: `/Invoices`. */
  readonly path: string
  /** Root key of the answer: `Invoices`. */
  readonly list: string
  /** What is attempted, for messages: `list invoices`. */
  readonly doing: string
  readonly permissions: readonly string[]
  readonly query?: { readonly [name: string]: string | number | boolean | undefined }
  readonly modifiedSince?: string | undefined
}

export type Listing = {
  readonly records: readonly DataRecord[]
  /** Absent when Xero did not page the answer. */
  readonly pagination:
    | { readonly page: number; readonly pageSize: number; readonly pageCount: number; readonly itemCount: number }
    | undefined
  /** Xero's clock when it answered, in milliseconds since 1970, UTC. */
  readonly serverTime: number | undefined
}

/** How long an organisation that Xero calls offline stays so, by Xero's own advice. */
const OFFLINE_MS = 5 * 60_000

/** One GET of the Accounting API. Dates arrive as plain days and instants (dates.ts). */
export async function getList(context: Context, call: Call): Promise<Listing> {
  const answer = await context.http.send({
    method: 'GET',
    url: `${baseUrl(context.connection, 'apiUrl')}/api.xro/2.0${call.path}`,
    headers: {
      ...commonHeaders(context.connection),
      ...(call.modifiedSince === undefined ? {} : { 'if-modified-since': call.modifiedSince }),
    },
    ...(call.query ? { query: call.query } : {}),
  })
  if (answer.status !== 200) throw xeroError(answer, call.doing, call.permissions)

  const body = fieldsOf(parseJson(answer.text, `Xero's answer to “${call.doing}”`))
  const list = body[call.list]
  if (!Array.isArray(list)) {
    throw new StepError('REPLY_UNREADABLE', `Xero's answer to “${call.doing}” has no list “${call.list}”.`, {
      status: answer.status,
    })
  }
  const { page, pageSize, pageCount, itemCount } = fieldsOf(body.pagination)
  return {
    // Elements of a list of the Accounting API are objects; a foreign element fails where its id is read.
    records: withPlainDates(list) as DataRecord[],
    pagination:
      isCount(page) && isCount(pageSize) && isCount(pageCount) && isCount(itemCount)
        ? { page, pageSize, pageCount, itemCount }
        : undefined,
    serverTime: instantOf(body.DateTimeUTC),
  }
}

/** The organisations that the current login may use. The answer is a bare array, unlike all others. */
export async function getConnections(
  context: Context,
): Promise<readonly { id: string; tenantId: string; tenantName: string }[]> {
  const doing = 'list the connected organisations'
  const answer = await context.http.send({
    method: 'GET',
    url: `${baseUrl(context.connection, 'apiUrl')}/connections`,
    headers: { accept: 'application/json' },
  })
  if (answer.status !== 200) throw xeroError(answer, doing, [])
  return listOf(parseJson(answer.text, `Xero's answer to “${doing}”`))
    .map(fieldsOf)
    .filter((entry) => entry.tenantType === 'ORGANISATION')
    .map((entry) => ({ id: textOf(entry.id), tenantId: textOf(entry.tenantId), tenantName: textOf(entry.tenantName) }))
}

export function commonHeaders(connection: Context['connection']): { [name: string]: string } {
  const tenantId = textOf(connection.tenantId)
  // Without Accept Xero answers XML.
  return { accept: 'application/json', ...(tenantId === '' ? {} : { 'xero-tenant-id': tenantId }) }
}

/** Xero's ways to say no, as the runtime needs them. */
export function xeroError(answer: HttpAnswer, doing: string, permissions: readonly string[]): StepError {
  const { status } = answer
  const problem = problemOf(answer.text)
  // Details such as “TokenExpired: token expired at …”; the spelling of keys varies in case.
  const detail = textOf(problem.Detail ?? problem.detail)
  const remote = excerpt(validationMessages(problem).join(' ') || detail || textOf(problem.Message) || answer.text)
  const options = { status, remote }
  const failed = (code: Code, sentence: string, more: object = {}) =>
    new StepError(code, `Xero refused to ${doing}: ${sentence}`, { ...options, ...more })

  if (status === 401 && isScopeProblem(answer)) {
    const needed = permissions.length === 0 ? '' : ` Needed: ${permissions.join(', ')}.`
    return failed('PERMISSION_MISSING', `the login lacks a scope.${needed} Grant it and connect Xero again.`)
  }
  if (status === 401) return failed('LOGIN_REFUSED', `the login is no longer valid (${remote}). Connect Xero again.`)
  if (status === 403) {
    return failed('TENANT_GONE', 'the organisation is not connected any more. Connect it again in Xero.')
  }
  if (status === 404) return failed('NOT_FOUND', 'it does not exist there.')
  if (status === 429) {
    const limit = answer.headers['x-rate-limit-problem'] ?? 'some'
    return failed('RATE_LIMITED', `its ${limit} limit is used up.`, { retryAfterMs: retryAfterMs(answer) })
  }
  if (status === 400) return badRequest(problem, failed, remote)
  if (status === 501 || status === 412 || status === 405) return failed('CONFIG_INVALID', `HTTP ${status}. ${remote}`)
  if (status >= 500) {
    const offline = /organisation is offline/i.test(answer.text)
    return new StepError(
      'REMOTE_DOWN',
      `Xero could not ${doing}: ${offline ? 'the organisation is offline for the moment.' : `HTTP ${status}. ${remote}`}`,
      { ...options, dialled: 'maybe', retryAfterMs: retryAfterMs(answer) ?? (offline ? OFFLINE_MS : undefined) },
    )
  }
  return new StepError(
    'REPLY_UNREADABLE',
    `Xero answered “${doing}” with HTTP ${status}, which makes no sense: ${remote}`,
    {
      ...options,
      dialled: 'maybe',
    },
  )
}

/** A missing scope is a 401 too; a new token does not help. */
export function isScopeProblem(answer: HttpAnswer): boolean {
  return (
    answer.text.includes('AuthorizationUnsuccessful') ||
    // Xero's own spelling, and the right one in case they mend it.
    /insuff?icient_?scope/i.test(answer.headers['www-authenticate'] ?? '')
  )
}

function badRequest(
  problem: { readonly [field: string]: unknown },
  failed: (code: Code, sentence: string) => StepError,
  remote: string,
): StepError {
  if (problem.ErrorNumber === 51 || problem.Type === 'HighVolumeException') {
    return failed(
      'CONFIG_INVALID',
      'it would go through more than 100,000 records. Narrow it down, for example by date.',
    )
  }
  // Validation of what was sent: of one record in a write.
  if (problem.ErrorNumber === 10 || problem.Type === 'ValidationException') {
    return failed(refusalCode(validationMessages(problem)), remote)
  }
  return failed('CONFIG_INVALID', remote)
}

function validationMessages(problem: { readonly [field: string]: unknown }): readonly string[] {
  return listOf(problem.Elements).flatMap((element) => messagesOf(fieldsOf(element)))
}

export const messagesOf = (element: { readonly [field: string]: unknown }): readonly string[] =>
  listOf(element.ValidationErrors)
    .map(fieldsOf)
    .map((entry) => textOf(entry.Message ?? entry.Description))
    .filter((message) => message !== '')

export function problemOf(text: string): { readonly [field: string]: unknown } {
  if (!text.trimStart().startsWith('{')) return {}
  try {
    return fieldsOf(parseJson(text))
  } catch {
    return {}
  }
}

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isInteger(value) && value >= 0
