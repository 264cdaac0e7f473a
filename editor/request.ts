import { PAGE_PERSON } from '../server/contract/paths.ts'
import type { ProblemDetails } from '../server/contract/shared.ts'

/** What is wrong with the flow, or with a field of what was sent. */
export type Problem = NonNullable<ProblemDetails['problems']>[number]

/** What the server refused, or that it could not be reached (code `OFFLINE`, status 0). */
export class ApiError extends Error {
  override name = 'ApiError'
  readonly status: number
  /** From the table in the README of the API: what happened, for programs. */
  readonly code: string
  readonly detail: string
  readonly problems: readonly Problem[]
  /** Names this request in the server's log. */
  readonly reference: string | undefined
  /** Members of the answer beyond those above, for example the server's document of a draft. */
  readonly body: { readonly [member: string]: unknown }

  constructor(
    status: number,
    code: string,
    title: string,
    rest: {
      detail?: string
      problems?: readonly Problem[]
      reference?: string | undefined
      body?: object
      cause?: unknown
    } = {},
  ) {
    super(title, { cause: rest.cause })
    this.status = status
    this.code = code
    this.detail = rest.detail ?? ''
    this.problems = rest.problems ?? []
    this.reference = rest.reference
    this.body = { ...rest.body }
  }
}

type Query = { readonly [name: string]: string | number | boolean | undefined }

export type Options = {
  readonly query?: Query
  readonly body?: unknown
  /** A body that is JSON text already, sent as it stands: a file, so that the server can name its lines. */
  readonly text?: string
  /** A body that is sent as it is, byte for byte. */
  readonly file?: Blob
  readonly headers?: { readonly [name: string]: string }
  readonly signal?: AbortSignal
  /** Sent even when the page goes away. */
  readonly keepalive?: boolean
}

// Set by the app: the session has ended; answers whether the same person has signed in again, on the page where they are.
let signInAgain: () => Promise<boolean> = async () => false
export const onSignedOut = (ask: () => Promise<boolean>): (() => void) => {
  signInAgain = ask
  return () => {
    signInAgain = async () => false
  }
}

// Set by the app too: whose page this is, once that is known. Nobody else's session in this browser does what they ask for.
let whosePage: () => string | undefined = () => undefined
export const ofPerson = (who: () => string | undefined): void => {
  whosePage = who
}

// Set by the app too: asks the person for a proof of who they are, and answers whether there is one now.
let prove: () => Promise<boolean> = async () => false
export const onStepUp = (ask: () => Promise<boolean>): (() => void) => {
  prove = ask
  return () => {
    prove = async () => false
  }
}

/** Path segments are encoded here and nowhere else: path`/workspaces/${id}/flows`. */
export const path = (parts: TemplateStringsArray, ...values: (string | number)[]): string =>
  String.raw({ raw: parts }, ...values.map((value) => encodeURIComponent(value)))

/** The address of what a browser asks for by itself, a stream or a download: whose page it is has no other place there. */
export function addressOf(at: string, query: { readonly [name: string]: string | undefined } = {}): string {
  const asked = new URLSearchParams()
  for (const [name, value] of Object.entries({ ...query, [PAGE_PERSON]: whosePage() })) {
    if (value !== undefined) asked.set(name, value)
  }
  return `/api/v1${at}${asked.size > 0 ? `?${asked}` : ''}`
}

/** While the page asks somebody to sign in again: whoever else does so in this browser must not send what this one began. */
let asking: Promise<boolean> | undefined
function askAgain(): Promise<boolean> {
  const asked = signInAgain().finally(() => {
    asking = undefined
  })
  asking = asked
  return asked
}
/** What signing in needs itself. */
const signsIn = (address: string): boolean => address.startsWith('/session') || address === '/me'

/** One call of the API. `Answer` is the contract's type of its 2xx answer, which the server has checked before sending. */
export async function request<Answer>(method: string, address: string, options: Options = {}): Promise<Answer> {
  if (asking && !options.keepalive && !signsIn(address)) await asking
  try {
    return await send<Answer>(method, address, options)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    // Sign-in itself answers 401 too.
    const ended = error.status === 401 && !address.startsWith('/session')
    const asked = ended ? askAgain : error.code === 'STEP_UP_REQUIRED' ? prove : undefined
    if (!(await asked?.())) throw error
    // Nothing was done: the same request again, once.
    return send<Answer>(method, address, options)
  }
}

async function send<Answer>(method: string, address: string, options: Options): Promise<Answer> {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(options.query ?? {})) {
    if (value !== undefined && value !== '') query.set(name, String(value))
  }
  const search = query.size > 0 ? `?${query}` : ''
  const body = options.file ?? options.text ?? (options.body === undefined ? undefined : JSON.stringify(options.body))
  // Signing in finds out who is there.
  const person = signsIn(address) ? undefined : whosePage()
  let response: Response
  try {
    response = await fetch(`/api/v1${address}${search}`, {
      method,
      credentials: 'same-origin',
      headers: {
        accept: 'application/json, application/problem+json',
        ...(body === undefined
          ? {}
          : { 'content-type': options.file ? 'application/octet-stream' : 'application/json' }),
        ...(person === undefined ? {} : { [PAGE_PERSON]: person }),
        ...options.headers,
      },
      ...(body === undefined ? {} : { body }),
      ...(options.signal ? { signal: options.signal } : {}),
      ...(options.keepalive ? { keepalive: true } : {}),
    })
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause
    throw new ApiError(0, 'OFFLINE', 'Tieline cannot be reached', {
      detail: 'The connection broke before an answer came. What you see may be old.',
      cause,
    })
  }
  const answer = await readJson(response)
  if (response.ok) return answer as Answer // the server validates its answers against the same contract
  throw toError(response, answer)
}

async function readJson(response: Response): Promise<unknown> {
  if (response.status === 204) return undefined
  const text = await response.text()
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ApiError(response.status, 'UNREADABLE', 'The answer could not be read', {
      detail: `Something between here and Tieline answered ${response.status} with a page instead of data.`,
      cause,
    })
  }
}

function toError(response: Response, answer: unknown): ApiError {
  const body = typeof answer === 'object' && answer !== null ? answer : {}
  const text = (name: string): string | undefined => {
    const value: unknown = Object.hasOwn(body, name) ? Reflect.get(body, name) : undefined
    return typeof value === 'string' ? value : undefined
  }
  const problems: unknown = Reflect.get(body, 'problems')
  const detail = text('detail')
  return new ApiError(
    response.status,
    text('code') ?? `HTTP_${response.status}`,
    text('title') ?? 'That did not work',
    {
      ...(detail === undefined ? {} : { detail }),
      problems: Array.isArray(problems) ? problems : [],
      reference: text('requestId'),
      body,
    },
  )
}
