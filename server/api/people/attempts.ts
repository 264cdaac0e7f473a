import { ApiProblem } from '../http/problems.ts'

const WINDOW_MS = 15 * 60_000
/** Failures of one account in the window, from wherever they come; by a browser that is known as much again, and signed in. */
const MOST_FAILURES = 10
/** Counts kept at most; the oldest are forgotten first. */
const MOST_KEPT = 10_000

/**
 * Whoever tries, beyond the account: a browser that the account has signed in with before, or somebody signed in; else it
 * is anybody. Each is counted alone: strangers who guess do not shut out the person, who would be helpless against it.
 */
export type Trier = { readonly browser: string | undefined } | 'signed in'

/**
 * Counts failed proofs by account (its e-mail address), in this process: of a password, of a code, all together.
 * A success takes back what the same trier has failed, and nobody else's: no stranger gets more guesses by it.
 */
/** @param onLocked called once when an account has failed too often, whether or not anybody has it. */
export function createAttempts(onLocked: (account: string) => void = () => {}, now: () => number = Date.now) {
  const failures = new Map<string, { count: number; since: number }>()
  return {
    /**
     * Before the password or code is looked at, so that many guesses at once count too.
     * @throws ApiProblem RATE_LIMITED when the account has failed too often.
     */
    begin(address: string, trier: Trier): void {
      const account = address.toLowerCase()
      const key = keyOf(account, trier)
      const before = failures.get(key)
      const fresh = before && now() - before.since < WINDOW_MS ? before : { count: 0, since: now() }
      if (fresh.count >= MOST_FAILURES) {
        if (fresh.count === MOST_FAILURES) {
          failures.set(key, { count: fresh.count + 1, since: fresh.since })
          onLocked(account)
        }
        const retryAfterSeconds = Math.ceil((fresh.since + WINDOW_MS - now()) / 1000)
        throw new ApiProblem('RATE_LIMITED', 'Too many failed tries for this account. Try again later.', {
          retryAfterSeconds,
        })
      }
      failures.delete(key)
      failures.set(key, { count: fresh.count + 1, since: fresh.since })
      for (const oldest of failures.keys()) {
        if (failures.size <= MOST_KEPT) break
        failures.delete(oldest)
      }
    },
    succeeded(address: string, trier: Trier): void {
      failures.delete(keyOf(address.toLowerCase(), trier))
    },
  }
}

/** An address without quotes holds no space: no account's key is another's. */
const keyOf = (account: string, trier: Trier): string =>
  trier === 'signed in' ? `${account} signed-in` : trier.browser === undefined ? account : `${account} ${trier.browser}`

export type Attempts = ReturnType<typeof createAttempts>
