import { StepError } from '../../../connectors/kit/errors.ts'

const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 20_000
const MOST_ATTEMPTS = 6
/** Longer waits are not slept in a worker: the run is parked and the worker freed. */
export const LONGEST_SLEEP_MS = 30_000
/**
 * Within a batch: as long as a limit of a minute can make it. What a batch has looked up is lost when its run is parked,
 * so one that needs more calls than a minute allows would begin again for ever.
 */
export const PATIENT_SLEEP_MS = 75_000
/** A remote that keeps asking for patience without saying how long. */
const PATIENCE_MS = 60_000

export type Verdict =
  | { readonly do: 'retry'; readonly afterMs: number }
  | { readonly do: 'park'; readonly afterMs: number }
  | { readonly do: 'reject' | 'pause' | 'fail' }

/** The one place that says what follows from an error. A bug is never retried: it would only repeat. */
export function judge(error: unknown, attempt: number, longestSleepMs = LONGEST_SLEEP_MS): Verdict {
  if (!(error instanceof StepError)) return { do: 'fail' }
  if (error.reaction !== 'retry') return { do: error.reaction }
  if (error.retryAfterMs !== undefined && (error.putDown || error.retryAfterMs > longestSleepMs)) {
    return { do: 'park', afterMs: error.retryAfterMs }
  }
  if (attempt >= MOST_ATTEMPTS) {
    return error.code === 'RATE_LIMITED' || error.code === 'STILL_WORKING'
      ? { do: 'park', afterMs: PATIENCE_MS }
      : { do: 'fail' }
  }
  const backoff = Math.min(FIRST_WAIT_MS * 2 ** (attempt - 1), LONGEST_WAIT_MS)
  // Up to a quarter more, so that many runs that were refused together do not come back together.
  return { do: 'retry', afterMs: Math.round((error.retryAfterMs ?? backoff) + backoff * 0.25 * Math.random()) }
}

/**
 * Which desk owns an exception: money, people, or operations (`technical`), which has whatever is about neither, and so an
 * outcome that nobody heard: somebody has to look in the other system, whatever it was about.
 */
export function deskOf(code: string, isMoney: boolean): 'finance' | 'marketing' | 'technical' {
  switch (code) {
    case 'PERIOD_LOCKED':
    case 'TARGET_INACTIVE':
    case 'CURRENCY_UNKNOWN':
      return 'finance'
    case 'CONTACT_MERGED':
    case 'CONTACT_NOT_CONFIRMED':
    case 'SUPPRESSED':
    case 'FIELD_GONE':
    case 'AMBIGUOUS':
    case 'NOT_FOUND':
      return 'marketing'
    case 'RECORD_REFUSED':
    case 'INVALID_INPUT':
    case 'SET_ASIDE':
      return isMoney ? 'finance' : 'marketing'
    default:
      return 'technical'
  }
}
