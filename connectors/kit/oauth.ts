import type { LoginContext, Tokens } from './connector.ts'
import { StepError } from './errors.ts'
import { fieldsOf } from './fields.ts'
import type { Http, HttpAnswer } from './http.ts'
import { parseJson } from './json.ts'
import { excerpt } from './redact.ts'
import { retryAfterMs } from './retry-after.ts'

export type TokenRequest = {
  /** Name of the system, for messages. */
  readonly system: string
  readonly url: string
  readonly clientId: string
  readonly clientSecret: string
  readonly form: { readonly [field: string]: string }
}

/** One call of a token endpoint (RFC 6749, sections 4.1.3, 4.4 and 6), the client known by HTTP Basic. */
export async function requestToken(login: Pick<LoginContext, 'http' | 'now'>, request: TokenRequest): Promise<Tokens> {
  const answer = await postForm(login.http, request)
  if (answer.status !== 200) throw refusal(request.system, answer)
  return readTokens(request.system, answer, login.now)
}

/** Ends a refresh token (RFC 7009): 200 also for one that nobody knows any more. */
export async function revokeToken(http: Http, request: TokenRequest): Promise<void> {
  const answer = await postForm(http, request)
  if (answer.status !== 200) throw refusal(request.system, answer)
}

function postForm(http: Http, { url, clientId, clientSecret, form }: TokenRequest): Promise<HttpAnswer> {
  // RFC 6749 2.3.1: both halves are form-encoded before they are joined.
  const basic = Buffer.from(`${formEncoded(clientId)}:${formEncoded(clientSecret)}`).toString('base64')
  return http.send({
    method: 'POST',
    url,
    headers: {
      authorization: `Basic ${basic}`,
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams(form).toString(),
  })
}

function readTokens(system: string, answer: HttpAnswer, now: number): Tokens {
  const source = `${system}'s token answer`
  let body: unknown
  try {
    body = parseJson(answer.text, source)
  } catch {
    // The text may hold tokens in a shape that nobody foresaw: say nothing of it.
    throw new StepError('REPLY_UNREADABLE', `${source} is not JSON.`, { status: answer.status })
  }
  const { access_token: access, expires_in: lifetime, refresh_token: refresh } = fieldsOf(body)
  if (typeof access !== 'string' || access === '') {
    throw new StepError('REPLY_UNREADABLE', `${source} has no access_token.`, { status: answer.status })
  }
  const seconds = Number(lifetime)
  return {
    access,
    // Without expires_in: short, so that a wrong guess costs one more token call and nothing else.
    expiresAt: now + (Number.isFinite(seconds) && seconds > 0 ? seconds : 300) * 1000,
    ...(typeof refresh === 'string' && refresh !== '' ? { refresh } : {}),
  }
}

function refusal(system: string, answer: HttpAnswer): StepError {
  const { error, error_description: description } = fieldsOf(safely(answer.text))
  const remote = excerpt([error, description].filter((part) => typeof part === 'string').join(': ') || answer.text)
  const options = { status: answer.status, remote }
  if (answer.status === 429) {
    return new StepError('RATE_LIMITED', `${system} asks to wait before it gives another token.`, {
      ...options,
      retryAfterMs: retryAfterMs(answer),
    })
  }
  if (answer.status >= 500) {
    return new StepError('REMOTE_DOWN', `${system} gave no token: HTTP ${answer.status}. ${remote}`, options)
  }
  if (error === 'invalid_scope') {
    return new StepError('PERMISSION_MISSING', `${system} does not grant the scopes asked for. ${remote}`, options)
  }
  return new StepError(
    'LOGIN_REFUSED',
    `${system} refused the login (HTTP ${answer.status}: ${remote || 'no reason given'}). Connect it again.`,
    options,
  )
}

function safely(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}

const formEncoded = (text: string) => new URLSearchParams({ v: text }).toString().slice(2)
