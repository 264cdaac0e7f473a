import type { Limits } from '../../connectors/kit/connector.ts'
import { StepError } from '../../connectors/kit/errors.ts'
import type { HttpAnswer } from '../../connectors/kit/http.ts'
import { remoteNow, retryAfterMs } from '../../connectors/kit/retry-after.ts'

/** Gives back the place of one call. May be called more than once. */
export type Release = () => void

/** What the remote allows a connection, kept so that it is never asked for more. */
export interface Budget {
  /** Waits for leave to make one call. Rejects with the signal's reason, or RATE_LIMITED when the wait is too long. */
  take(signal: AbortSignal): Promise<Release>
  /** Corrects the book by what an answer says. */
  observe(answer: Pick<HttpAnswer, 'status' | 'headers'>): void
}

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
/** A longer wait is the run's business: it is put aside and its worker goes on with others. */
const LONGEST_WAIT_MS = 30_000
/** After “too many at once” without a time to wait. */
const SHORT_PAUSE_MS = 1_000

export type BudgetOptions = { readonly longestWaitMs?: number; readonly minuteMs?: number }

type Waiter = { readonly admit: () => void; readonly refuse: (error: unknown) => void }

/** A budget for one process. */
export function createBudget(limits: Limits, options: BudgetOptions = {}): Budget {
  const longestWaitMs = options.longestWaitMs ?? LONGEST_WAIT_MS
  const minute = new Allowance(limits.perMinute, options.minuteMs ?? MINUTE)
  const day = new Allowance(limits.perDay ?? Number.POSITIVE_INFINITY, DAY)
  const waiting = new Set<Waiter>()
  let running = 0
  let pausedUntil = 0
  let timer: NodeJS.Timeout | undefined

  /** Admits whoever may go, refuses whoever would wait too long, and sets the clock for the rest. */
  function turn(): void {
    clearTimeout(timer)
    for (const waiter of waiting) {
      if (running >= limits.concurrent) return
      const now = performance.now()
      const wait = Math.max(pausedUntil - now, minute.waitMs(now, running), day.waitMs(now, running))
      if (wait <= 0) {
        waiting.delete(waiter)
        running += 1
        waiter.admit()
      } else if (wait > longestWaitMs) {
        waiting.delete(waiter)
        waiter.refuse(exhausted(wait))
      } else {
        timer = setTimeout(turn, Math.ceil(wait))
        return
      }
    }
  }

  return {
    take(signal) {
      return new Promise((resolve, reject) => {
        signal.throwIfAborted()
        const leave = () => {
          waiting.delete(waiter)
          reject(signal.reason)
          turn()
        }
        const waiter: Waiter = {
          admit() {
            signal.removeEventListener('abort', leave)
            resolve(release())
          },
          refuse(error) {
            signal.removeEventListener('abort', leave)
            reject(error)
          },
        }
        signal.addEventListener('abort', leave, { once: true })
        waiting.add(waiter)
        turn()
      })
    },
    observe(answer) {
      const now = performance.now()
      const { headers } = answer
      // A refusal that says when to come back says when the remote's minute ends.
      const freeInMs = answer.status === 429 ? retryAfterMs(answer) : undefined
      minute.correct(now, running, count(headers['x-minlimit-remaining'] ?? headers['x-ratelimit-remaining']), freeInMs)
      day.correct(now, running, count(headers['x-daylimit-remaining']))
      if (answer.status === 429) pausedUntil = Math.max(pausedUntil, now + pauseOf(answer))
      turn()
    },
  }

  function release(): Release {
    let open = true
    return () => {
      if (!open) return
      open = false
      running -= 1
      const now = performance.now()
      minute.spend(now)
      day.spend(now)
      turn()
    }
  }
}

/**
 * Calls allowed in any stretch of `ms`. A call counts while it runs and for `ms` after it ended: whenever the remote
 * takes it to have arrived, and wherever the remote's own fixed window begins, the window never holds too many.
 */
class Allowance {
  readonly #limit: number
  readonly #ms: number
  /** When calls ended, oldest first, and how many: calls of somebody else that the remote told us of stand together. */
  #spent: { readonly at: number; readonly calls: number }[] = []
  #total = 0

  constructor(limit: number, ms: number) {
    this.#limit = limit
    this.#ms = ms
  }

  /** 0 when one more call may start now. */
  waitMs(now: number, running: number): number {
    if (this.#limit === Number.POSITIVE_INFINITY) return 0
    this.#forget(now)
    let over = this.#total + running + 1 - this.#limit
    if (over <= 0) return 0
    for (const { at, calls } of this.#spent) {
      over -= calls
      if (over <= 0) return at + this.#ms - now
    }
    // Nothing to wait for but calls that are still running: they will ask again when they end.
    return this.#ms
  }

  spend(now: number): void {
    if (this.#limit === Number.POSITIVE_INFINITY) return
    this.#spent.push({ at: now, calls: 1 })
    this.#total += 1
  }

  /**
   * The remote counts more than we do: somebody else uses the same limit, or it is lower than we thought. Their calls
   * count until `freeInMs` from now, where the remote says when, else for the whole time.
   */
  correct(now: number, running: number, remaining: number | undefined, freeInMs?: number): void {
    if (remaining === undefined || this.#limit === Number.POSITIVE_INFINITY) return
    this.#forget(now)
    const others = this.#limit - this.#total - running - remaining
    if (others <= 0) return
    const at = freeInMs === undefined ? now : Math.min(now, now - this.#ms + freeInMs)
    const later = this.#spent.findIndex((one) => one.at > at)
    this.#spent.splice(later === -1 ? this.#spent.length : later, 0, { at, calls: others })
    this.#total += others
  }

  #forget(now: number): void {
    const first = this.#spent.findIndex(({ at }) => at > now - this.#ms)
    const gone = this.#spent.splice(0, first === -1 ? this.#spent.length : first)
    for (const { calls } of gone) this.#total -= calls
  }
}

const count = (value: string | undefined) => (value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined)

function pauseOf(answer: Pick<HttpAnswer, 'headers'>): number {
  const asked = retryAfterMs(answer)
  if (asked !== undefined) return asked
  const reset = count(answer.headers['x-ratelimit-reset'])
  return reset === undefined ? SHORT_PAUSE_MS : Math.max(SHORT_PAUSE_MS, reset * 1000 - remoteNow(answer))
}

function exhausted(wait: number): StepError {
  const seconds = Math.ceil(wait / 1000)
  return new StepError(
    'RATE_LIMITED',
    `This connection has used up what it may call; the next call is free in ${seconds} s.`,
    {
      retryAfterMs: Math.ceil(wait),
    },
  )
}
