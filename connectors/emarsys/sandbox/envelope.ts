/** How Emarsys wraps answers. A failure may come as HTTP 400 or inside HTTP 200: never judge by the status alone. */

/** A whole call that failed. `replyCode` null is what a missing permission answers. */
export class ApiFailure extends Error {
  override name = 'ApiFailure'
  readonly status: number
  readonly replyCode: number | null

  constructor(status: number, replyCode: number | null, replyText: string) {
    super(replyText)
    this.status = status
    this.replyCode = replyCode
  }
}

/** One record of a batch that failed while its neighbours went through. */
export type RecordFailure = { readonly code: number; readonly text: string }

/** Failures of a batch by key value, then by code, as `data.errors` carries them. */
export type Errors = { [key: string]: { [code: string]: string } }

/** Ways in which real answers differ from each other for no reason a client could know. Chosen at run time. */
export type Quirks = {
  /** Content type of every enveloped answer. Recorded real traffic carried JSON as text/html. */
  contentType: 'application/json' | 'application/json; charset=utf-8' | 'text/html; charset=utf-8'
  /** What `errors` looks like when nothing failed. `mixed`: absent from contact writes, `[]` elsewhere. */
  emptyErrors: 'mixed' | 'array' | 'object' | 'absent'
  /** HTTP status of a single contact or event call that failed with code 2004–2010. */
  singleFailureStatus: 200 | 400
  /** `getdata` reports failures as a list of objects or as the nested map of the other calls. */
  getdataErrors: 'list' | 'map'
  /** How long segments are evaluated and exports are made, in milliseconds. */
  workMs: number
  /** What becomes of exports in the end. */
  exportEnd: 'done' | 'error' | 'expired'
  /** Between the tries of an export's callback, in milliseconds. */
  callbackPauseMs: number
  /** Whether a nonce of a WSSE header may come twice. Nobody has seen that refused. */
  nonceReplay: 'allowed' | 'refused'
  /** How far the date of a signed login (WSSE, Escher) may be off the server's clock, in milliseconds. */
  clockSkewMs: number
  /**
   * `both`: every call that names a key takes `key_id` and `keyId`. `documented`: getdata knows keyId and keyValues only
   * and all others key_id only; a wrong spelling is not seen, and e-mail is assumed.
   */
  keySpelling: 'both' | 'documented'
  /** Whether a trigger answers what listens to its event. Its inner shape is not documented. */
  connectedTo: 'absent' | 'shown'
  /** Whether the older summary of a campaign still answers; its end was set for March 2026. */
  oldSummary: 'on' | 'gone'
}

export const defaultQuirks = (): Quirks => ({
  contentType: 'application/json',
  emptyErrors: 'mixed',
  singleFailureStatus: 400,
  getdataErrors: 'list',
  workMs: 0,
  exportEnd: 'done',
  callbackPauseMs: 60_000,
  nonceReplay: 'allowed',
  clockSkewMs: 300_000,
  keySpelling: 'both',
  connectedTo: 'absent',
  oldSummary: 'on',
})

export const ok = (data: unknown): { replyCode: 0; replyText: 'OK'; data: unknown } => ({
  replyCode: 0,
  replyText: 'OK',
  data,
})

export const failed = (replyCode: number | null, replyText: string) => ({ replyCode, replyText, data: '' })

/** `{ errors }`, or nothing, to be spread into `data`. */
export const errorsPart = (
  quirks: Quirks,
  errors: Errors,
  usual: 'array' | 'absent',
): { errors?: Errors | readonly never[] } => {
  if (Object.keys(errors).length > 0) return { errors }
  const form = quirks.emptyErrors === 'mixed' ? usual : quirks.emptyErrors
  if (form === 'absent') return {}
  return { errors: form === 'array' ? [] : {} }
}

/** Adds a failure under its key; a key can fail for several reasons. */
export const addError = (errors: Errors, key: string, failure: RecordFailure): void => {
  const reasons = Object.hasOwn(errors, key) ? errors[key] : undefined
  // defineProperty semantics, because a key value may be "__proto__".
  if (reasons === undefined) {
    const value = { [failure.code]: failure.text }
    Object.defineProperty(errors, key, { value, enumerable: true, writable: true, configurable: true })
  } else reasons[failure.code] = failure.text
}

/** A single call's failure: same code and text as in a batch, but at the top of the envelope. */
export const singleFailure = (quirks: Quirks, failure: RecordFailure): ApiFailure =>
  new ApiFailure(quirks.singleFailureStatus, failure.code, failure.text)
