import { ApiProblem } from './problems.ts'

const WINDOW_MS = 15 * 60_000
/** Failed sign-ins of one account in the window, from wherever they come. */
const MOST_FAILURES = 10
/** Accounts remembered at most; the oldest are forgotten first. */
const MOST_KEPT = 10_000

/**
 * Counts failed proofs by account (its e-mail address), in this process: of a password, of a code, at sign-in or later,
 * all together.
 */
/** @param onLocked called once when an account has failed too often, whether or not anybody has it. */
export function createAttempts(onLocked: (account: string) => void = () => {}, now: () => number = Date.now) {
  const failures = new Map<string, { count: number; since: number }>()
  return {
    /**
     * Before the password or code is looked at, so that many guesses at once count too.
     * @throws ApiProblem RATE_LIMITED when the account has failed too often.
     */
    begin(address: string): void {
      const account = address.toLowerCase()
      const before = failures.get(account)
      const fresh = before && now() - before.since < WINDOW_MS ? before : { count: 0, since: now() }
      if (fresh.count >= MOST_FAILURES) {
        if (fresh.count === MOST_FAILURES) {
          failures.set(account, { count: fresh.count + 1, since: fresh.since })
          onLocked(account)
        }
        const retryAfterSeconds = Math.ceil((fresh.since + WINDOW_MS - now()) / 1000)
        throw new ApiProblem('RATE_LIMITED', 'Too many failed tries for this account. Try again later.', {
          retryAfterSeconds,
        })
      }
      failures.delete(account)
      failures.set(account, { count: fresh.count + 1, since: fresh.since })
      for (const oldest of failures.keys()) {
        if (failures.size <= MOST_KEPT) break
        failures.delete(oldest)
      }
    },
    succeeded(address: string): void {
      failures.delete(address.toLowerCase())
    },
  }
}

export type Attempts = ReturnType<typeof createAttempts>
