import { baseUrl } from '../kit/address.ts'
import type { Context } from '../kit/connector.ts'
import { type Code, StepError } from '../kit/errors.ts'
import { textOf } from '../kit/fields.ts'
import type { HttpAnswer, HttpRequest } from '../kit/http.ts'
import { parseJson } from '../kit/json.ts'
import { excerpt } from '../kit/redact.ts'
import { retryAfterMs } from '../kit/retry-after.ts'

export type Call = {
  readonly method: HttpRequest['method']
  /** Below the connection's address, or a whole address on the same host. */
  readonly path: string
  readonly query?: { readonly [name: string]: string | undefined }
  readonly headers?: { readonly [name: string]: string }
  readonly json?: unknown
  /** What is attempted, for messages: `read /orders`. */
  readonly doing: string
}

export type Reply = { readonly body: unknown; readonly headers: HttpAnswer['headers'] }

/** One call; answers the JSON of a 2xx. An empty answer is `null`. Statuses mean what RFC 9110 says they mean. */
export async function call(context: Context, { path, doing, ...request }: Call): Promise<Reply> {
  const answer = await context.http.send({
    ...request,
    url: /^https?:/.test(path) ? path : `${baseUrl(context.connection, 'baseUrl')}${path}`,
    headers: { accept: 'application/json', ...request.headers },
  })
  if (answer.status < 200 || answer.status >= 300) throw refusal(context, answer, doing)
  if (answer.text.trim() === '') return { body: null, headers: answer.headers }
  try {
    return { body: parseJson(answer.text), headers: answer.headers }
  } catch (error) {
    // It was a success all the same: what was written has arrived.
    if (error instanceof StepError) {
      throw new StepError(error.code, `${hostOf(context)} was asked to ${doing}. ${error.message}`, {
        cause: error,
        dialled: 'maybe',
        status: answer.status,
      })
    }
    throw error
  }
}

/** `/orders/{id}` with its places filled, each as one piece of a path. @throws INVALID_INPUT when one is missing. */
export function fillPath(template: string, values: { readonly [name: string]: unknown }): string {
  return template.replaceAll(/\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_, name: string) => {
    const value = textOf(values[name])
    // `.` and `..` would be taken out of the path by whoever reads it.
    if (value === '' || value === '.' || value === '..') {
      throw new StepError('INVALID_INPUT', `The path ${template} needs “${name}”, and the record has none that fits.`)
    }
    return encodeURIComponent(value)
  })
}

const CODES: { readonly [status: number]: Code } = {
  401: 'LOGIN_REFUSED',
  403: 'PERMISSION_MISSING',
  404: 'NOT_FOUND',
  408: 'REMOTE_DOWN',
  409: 'RECORD_REFUSED',
  410: 'NOT_FOUND',
  423: 'RATE_LIMITED',
  425: 'RATE_LIMITED',
  429: 'RATE_LIMITED',
}

function refusal(context: Context, answer: HttpAnswer, doing: string): StepError {
  const { status } = answer
  const remote = excerpt(answer.text)
  const code = CODES[status] ?? (status >= 500 ? 'REMOTE_DOWN' : status < 400 ? 'CONFIG_INVALID' : 'RECORD_REFUSED')
  return new StepError(code, `${hostOf(context)} refused to ${doing}: HTTP ${status}. ${remote}`, {
    status,
    remote,
    // A 4xx is the remote's word that it did nothing.
    dialled: status >= 500 || status === 408 ? 'maybe' : 'no',
    retryAfterMs: retryAfterMs(answer),
  })
}

const hostOf = ({ connection }: Context) => {
  const address = textOf(connection.baseUrl)
  return URL.canParse(address) ? new URL(address).host : 'The system'
}
