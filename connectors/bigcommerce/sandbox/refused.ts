type Details = { readonly [field: string]: string }

/** The store refuses a request in the words of the version that was asked. */
export class Refused extends Error {
  readonly status: number
  readonly details: Details | undefined

  constructor(status: number, message: string, details?: Details) {
    super(message)
    this.status = status
    this.details = details
  }
}

/** What the API's reference links its errors to. */
const TYPE = '/api-docs/getting-started/api-status-codes'

/** V2: a list of one, with details only where there are some. V3: one object, `errors` only where fields are named. */
export function errorBody(version: 2 | 3, status: number, message: string, details?: Details): unknown {
  if (version === 2) return [{ status, message, ...(details ? { details } : {}) }]
  return { status, title: message, type: TYPE, ...(details ? { errors: details } : {}) }
}
