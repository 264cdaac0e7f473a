import type { Dispatcher } from 'undici'
import { hostPort } from '../../connectors/kit/address.ts'
import { type Dialled, StepError } from '../../connectors/kit/errors.ts'
import type { Http, HttpAnswer, HttpRequest } from '../../connectors/kit/http.ts'
import type { Budget } from './budget.ts'
import type { Exchange, Only } from './connections.ts'
import { checkedUrl } from './egress.ts'
import { readText, receive } from './reply-body.ts'

/** Bytes of an answer on the wire, and unpacked: a packed one may be small and grow a thousandfold. */
const MAX_WIRE = 10_000_000
const MAX_BODY = 50_000_000
/** Until an answer begins. */
export const HEADERS_MS = 30_000
const IDLE_MS = 30_000
/** Of one call, all told: a slow drip passes every other limit. */
export const TOTAL_MS = 120_000
/** Of a call whose answer is a file. */
const FILE_MS = 15 * 60_000

/** For one request: a token that others had renewed already, then one made for it. */
const MAX_RENEWALS = 2

/** Headers that say where or how much is sent belong to this file. */
const OWN_HEADERS = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'accept-encoding',
  'upgrade',
  'te',
])

/** Headers worth keeping in a trace. */
const TRACED_HEADERS = [
  'retry-after',
  'content-type',
  'x-rate-limit-problem',
  'x-minlimit-remaining',
  'x-daylimit-remaining',
  'x-appminlimit-remaining',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
  'x-emarsys-request-id',
  'xero-correlation-id',
]

/** The login of one connection, as the one place sees it that keeps its tokens. */
export type Login = {
  /** Signs one request, getting a token first if there is none. `generation` names the token that was used. */
  sign(
    request: HttpRequest,
    signal: AbortSignal,
  ): Promise<{ readonly request: HttpRequest; readonly generation: number }>
  /**
   * After a 401: makes sure that the token of `generation` is not used again. `found`: there was a newer one, which may
   * be as useless by now; `made`: it is as new as can be had.
   */
  renew?(generation: number, signal: AbortSignal): Promise<'found' | 'made'>
  /** Whether a new token may help against this 401. */
  curable?(answer: HttpAnswer, request: HttpRequest): boolean
  /** Values that must not stand in any message. */
  secrets(): readonly string[]
}

export type HttpExchange = Exchange & { readonly headers: { readonly [name: string]: string } }

export type HttpOptions = {
  /** The connection's own (egress.ts). */
  readonly agent: Dispatcher
  /** `host:port` pairs this connection may speak to: nothing else ever sees its login. */
  readonly hosts: readonly string[]
  /** Pairs that may be private and plain http. */
  readonly allow: ReadonlySet<string>
  /** Asked before each request whether its address may be called now; throws a StepError if not. */
  readonly admit?: (hostPort: string) => void
  /** The budget of a call: what a remote counts may depend on what is asked of it. */
  readonly budget: Budget | ((request: HttpRequest) => Budget)
  readonly login?: Login
  readonly signal: AbortSignal
  /** For a call that is made again under its key: the remote knows the key for a while, and of one token only. */
  readonly only?: Only
  /** Somebody tried to send this connection's login to another host (`host:port`). */
  readonly onDenied?: (hostPort: string) => void
  /** Called once per request that went out, also when it failed, before `send` settles. */
  readonly onExchange?: (exchange: HttpExchange) => void
  readonly limits?: {
    readonly headersMs?: number
    readonly idleMs?: number
    readonly totalMs?: number
    readonly maxWire?: number
    readonly maxBody?: number
  }
}

/** The way out for one connection's operations. */
export function createHttp(options: HttpOptions): Http {
  return {
    async send(request) {
      options.signal.throwIfAborted()
      const url = addressOf(request, options)
      const login = options.login
      if (!login) return once(options, request, url)
      for (let renewals = 0, made = false; ; renewals++) {
        const signed = await login.sign({ ...request, url: url.href }, options.signal)
        const token = options.only?.generation
        if (token !== undefined && signed.generation !== token) throw late('The login was renewed meanwhile.')
        const { query: _inUrl, ...bare } = signed.request
        const answer = await once(options, bare, addressOf(bare, options), signed.generation)
        if (answer.status !== 401 || made || renewals === MAX_RENEWALS || !login.renew || token !== undefined) {
          return answer
        }
        if (login.curable && !login.curable(answer, signed.request)) return answer
        made = (await login.renew(signed.generation, options.signal)) === 'made'
      }
    },
  }
}

function addressOf(request: HttpRequest, { hosts, allow, admit, onDenied }: HttpOptions): URL {
  const url = checkedUrl(request.url, allow)
  if (!hosts.includes(hostPort(url))) {
    onDenied?.(hostPort(url))
    throw new StepError(
      'EGRESS_BLOCKED',
      `This call is not allowed out: ${url.host} is not one of the connection's hosts.`,
    )
  }
  admit?.(hostPort(url))
  for (const [name, value] of Object.entries(request.query ?? {})) {
    if (value !== undefined) url.searchParams.append(name, String(value))
  }
  return url
}

/** One request, one answer or one StepError. */
async function once(options: HttpOptions, request: HttpRequest, url: URL, generation?: number): Promise<HttpAnswer> {
  const { signal, onExchange } = options
  const budget = typeof options.budget === 'function' ? options.budget(request) : options.budget
  const body = request.json === undefined ? request.body : JSON.stringify(request.json)
  const headers = headersOf(request)
  const requested = performance.now()
  const release = await budget.take(signal, options.only?.patient)
  const started = performance.now()
  if (options.only && started > options.only.until()) {
    release(false)
    throw late('Too much time has passed: another worker may be at it.')
  }
  const exchange = (
    status: number | undefined,
    received: number,
    answerHeaders: HttpAnswer['headers'],
    error?: string,
  ) =>
    onExchange?.({
      method: request.method,
      url: withoutSecrets(shown(url), options.login),
      status,
      requestBytes: body === undefined ? 0 : Buffer.byteLength(body),
      responseBytes: received,
      ms: Math.round(performance.now() - started),
      waitedMs: Math.round(started - requested),
      headers: Object.fromEntries(
        TRACED_HEADERS.flatMap((name) => (name in answerHeaders ? [[name, answerHeaders[name]!]] : [])),
      ),
      ...(error === undefined ? {} : { error }),
      ...(generation === undefined ? {} : { generation }),
    })
  // One controller per call, let go of at its end: AbortSignal.any and .timeout would live on for the whole two minutes.
  const call = new AbortController()
  const stop = () => call.abort(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  const longest = request.receive ? FILE_MS : TOTAL_MS
  const timer = setTimeout(() => call.abort(LATE), options.limits?.totalMs ?? longest)
  let seen: { status: number; headers: HttpAnswer['headers']; bytes: number } | undefined
  try {
    const reply = await options.agent.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: request.method,
      headers,
      body: body ?? null,
      signal: call.signal,
      headersTimeout: options.limits?.headersMs ?? HEADERS_MS,
      bodyTimeout: options.limits?.idleMs ?? IDLE_MS,
    })
    seen = { status: reply.statusCode, headers: flat(reply.headers), bytes: 0 }
    const { maxWire = MAX_WIRE, maxBody = MAX_BODY } = options.limits ?? {}
    const streamed = request.receive !== undefined && seen.status === 200
    if (streamed) await receive(request.receive, reply.body, seen)
    const text = streamed
      ? ''
      : await readText(reply.body, seen.headers['content-encoding'], { maxWire, maxBody }, seen)
    const answer = { status: seen.status, headers: seen.headers, text: hideSecrets(text, seen.status, options.login) }
    budget.observe(answer, performance.now() - started)
    exchange(seen.status, seen.bytes, seen.headers)
    return answer
  } catch (thrown) {
    const error = signal.aborted ? signal.reason : failureOf(thrown, call.signal.reason === LATE, url, seen?.status)
    exchange(seen?.status, seen?.bytes ?? 0, seen?.headers ?? {}, error instanceof StepError ? error.code : 'ABORTED')
    throw error
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
    release()
  }
}

const LATE = new Error('the time for the whole call is up')

/** Not sent: what would have made it harmless has passed. */
const late = (why: string) => new StepError('CONNECTION_LOST', `The call was not made. ${why}`)

function headersOf(request: HttpRequest): { [name: string]: string } {
  const packing = request.receive ? 'identity' : 'gzip'
  const headers: { [name: string]: string } = { 'accept-encoding': packing, 'user-agent': 'tieline' }
  if (request.json !== undefined) headers['content-type'] = 'application/json'
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    const lower = name.toLowerCase()
    if (OWN_HEADERS.has(lower) || !/^[a-z0-9-]+$/.test(lower) || /[^\t\x20-\x7e\x80-\xff]/.test(value)) {
      throw new StepError(
        'CONFIG_INVALID',
        `The header “${lower.replace(/[^a-z0-9-]/g, '?')}” cannot be sent: its name or value is not allowed.`,
      )
    }
    headers[lower] = value
  }
  return headers
}

/** Error answers may repeat what was sent to them. */
function hideSecrets(text: string, status: number, login: Login | undefined): string {
  return status < 400 && /^\s*[[{]/.test(text) ? text : withoutSecrets(text, login)
}

/** Also of addresses: that of a webhook is a secret as a whole. */
function withoutSecrets(text: string, login: Login | undefined): string {
  if (!login) return text
  return login
    .secrets()
    .filter((secret) => secret.length >= 6)
    .reduce((rest, secret) => rest.replaceAll(secret, '[secret]'), text)
}

function flat(headers: { readonly [name: string]: string | string[] | undefined }): {
  readonly [name: string]: string
} {
  const lines: { [name: string]: string } = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) lines[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value
  }
  return lines
}

function failureOf(thrown: unknown, late: boolean, url: URL, status: number | undefined): StepError {
  // The egress guard's own, or one of this file's.
  if (thrown instanceof StepError) return thrown
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : ''
  const options = { cause: thrown, dialled: 'maybe' as Dialled, ...(status === undefined ? {} : { status }) }
  if (late || code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') {
    return new StepError('TIMED_OUT', `${url.host} did not answer in time.`, options)
  }
  if (code === 'UND_ERR_HEADERS_OVERFLOW') {
    return new StepError('REPLY_TOO_LARGE', `${url.host} answered with more than 16 kB of headers.`, options)
  }
  if (code === 'UND_ERR_INVALID_ARG') {
    return new StepError('CONFIG_INVALID', `The request to ${url.host} could not be formed.`, { cause: thrown })
  }
  const reason = code === '' ? '' : ` (${code})`
  return new StepError(
    'CONNECTION_LOST',
    `The connection to ${url.host} broke before its answer was complete${reason}.`,
    options,
  )
}

const SECRET_PARAMETER = /token|secret|key|code|password|signature|auth|state/i

/** The address as it may stand in a trace. */
function shown(url: URL): string {
  const visible = new URL(url)
  for (const name of [...visible.searchParams.keys()]) {
    if (SECRET_PARAMETER.test(name)) visible.searchParams.set(name, '…')
  }
  return visible.href
}
