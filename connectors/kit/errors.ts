/**
 * Every way a step can fail, and what the runtime does about it. The list is closed: add here or nowhere.
 *
 * retry  – the same call may work later; the runtime waits and tries again.
 * reject – this record is the problem; it becomes an exception and its neighbours go on.
 * pause  – a person must act (sign in, grant a permission); the flow stops, its cursor stays.
 * fail   – the flow or the remote's answer makes no sense; the run ends, its cursor stays.
 */
export const REACTIONS = {
  RATE_LIMITED: 'retry',
  STILL_WORKING: 'retry',
  REMOTE_DOWN: 'retry',
  TIMED_OUT: 'retry',
  CONNECTION_LOST: 'retry',
  EVALUATOR_LOST: 'retry',

  RECORD_REFUSED: 'reject',
  INVALID_INPUT: 'reject',
  NOT_FOUND: 'reject',
  AMBIGUOUS: 'reject',
  PERIOD_LOCKED: 'reject',
  TARGET_INACTIVE: 'reject',
  CONTACT_MERGED: 'reject',
  CURRENCY_UNKNOWN: 'reject',
  FIELD_UNEXPECTED: 'reject',
  CONTACT_NOT_CONFIRMED: 'reject',
  SUPPRESSED: 'reject',
  FIELD_GONE: 'reject',
  OUTCOME_UNKNOWN: 'reject',
  KEY_BUSY: 'reject',
  SET_ASIDE: 'reject',
  EXPRESSION_FAILED: 'reject',
  EXPRESSION_TIMEOUT: 'reject',
  EXPRESSION_MEMORY: 'reject',
  EXPRESSION_OUTPUT_TOO_LARGE: 'reject',
  UNSAFE_KEY: 'reject',

  LOGIN_REFUSED: 'pause',
  PERMISSION_MISSING: 'pause',
  TENANT_GONE: 'pause',
  CONNECTION_OFF: 'pause',

  CONFIG_INVALID: 'fail',
  REPLY_UNREADABLE: 'fail',
  REPLY_TOO_LARGE: 'fail',
  EGRESS_BLOCKED: 'fail',
  STOPPED: 'fail',
} as const

export type Code = keyof typeof REACTIONS
export type Reaction = (typeof REACTIONS)[Code]

/** Did any byte of the request leave this process? Decides whether an unsafe write is unknown or merely not sent. */
export type Dialled = 'no' | 'maybe'

export type StepErrorOptions = ErrorOptions & {
  /** How long the remote asked us to wait, in milliseconds. */
  readonly retryAfterMs?: number | undefined
  /** Worth no worker's sleep, however short `retryAfterMs` is: the run is put down until then. */
  readonly putDown?: boolean
  readonly dialled?: Dialled
  /** HTTP status of the remote's answer, when there was one. */
  readonly status?: number
  /** The remote's own words, shortened, never a whole body and never a secret. */
  readonly remote?: string
}

/** A failure that somebody foresaw. Anything else that is thrown counts as a bug. */
export class StepError extends Error {
  override name = 'StepError'
  readonly code: Code
  readonly retryAfterMs: number | undefined
  readonly putDown: boolean
  readonly dialled: Dialled
  readonly status: number | undefined
  readonly remote: string | undefined

  constructor(code: Code, message: string, options: StepErrorOptions = {}) {
    super(message, options)
    this.code = code
    this.retryAfterMs = options.retryAfterMs
    this.putDown = options.putDown ?? false
    this.dialled = options.dialled ?? 'no'
    this.status = options.status
    this.remote = options.remote
  }

  get reaction(): Reaction {
    return REACTIONS[this.code]
  }
}
