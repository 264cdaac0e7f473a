import { randomUUID } from 'node:crypto'
import type { Wire } from './wire.ts'

/** An answer before it is written to the wire. Kept whole in the idempotency store. */
export type Answer = {
  readonly status: number
  readonly type: 'application/json; charset=utf-8' | 'text/html; charset=utf-8' | 'text/plain; charset=utf-8' | ''
  readonly body: string
  readonly headers?: { readonly [name: string]: string }
}

const JSON_TYPE = 'application/json; charset=utf-8'

export const json = (status: number, body: unknown): Answer => ({ status, type: JSON_TYPE, body: JSON.stringify(body) })

export const notFound = (): Answer => ({
  status: 404,
  type: 'text/html; charset=utf-8',
  body: "The resource you're looking for cannot be found",
})

/** 401 and 403 share a problem object with capital keys. */
export function refusal(status: 401 | 403, detail: string): Answer {
  const answer = json(status, {
    Type: null,
    Title: status === 401 ? 'Unauthorized' : 'Forbidden',
    Status: status,
    Detail: detail,
    Instance: randomUUID(),
    Extensions: {},
  })
  if (detail !== 'AuthorizationUnsuccessful') return answer
  // Xero spells the error without the second i.
  return { ...answer, headers: { 'www-authenticate': 'Bearer error="insufficent_scope"' } }
}

export function apiError(number: number, type: string, message: string, elements?: readonly Wire[]): Answer {
  return json(number === 20 ? 501 : 400, {
    ErrorNumber: number,
    Type: type,
    Message: message,
    ...(elements ? { Elements: elements } : {}),
  })
}

export const validationFailed = (elements: readonly Wire[]): Answer =>
  apiError(10, 'ValidationException', 'A validation exception occurred', elements)

/** The body is no JSON, or a value is none of the allowed spellings. */
export const malformed = (message: string): Answer => apiError(14, 'PostDataInvalidException', message)

/** Xero's number and text for these are not documented; 16 is ours. */
export const badQuery = (message: string): Answer => apiError(16, 'QueryParseException', message)

export const notImplemented = (): Answer =>
  apiError(20, 'ApiMethodNotImplementedException', 'The Api Method called is not implemented')

/** Thrown by parsers deep inside; the route answers with it. */
export class Refused extends Error {
  readonly answer: Answer
  constructor(answer: Answer) {
    super(`Refused with HTTP ${answer.status}.`)
    this.answer = answer
  }
}
