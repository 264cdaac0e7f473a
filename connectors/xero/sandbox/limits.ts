/** Calls allowed at once, per minute and day of an organisation, and per minute of the app over all organisations. */
export type Limits = {
  readonly concurrent: number
  readonly perMinute: number
  readonly perDay: number
  readonly appPerMinute: number
}

export const TRUE_LIMITS: Limits = { concurrent: 5, perMinute: 60, perDay: 5000, appPerMinute: 10_000 }

const NO_LIMITS: Limits = { concurrent: Infinity, perMinute: Infinity, perDay: Infinity, appPerMinute: Infinity }

export type Problem = 'concurrent' | 'minute' | 'day' | 'appminute'

export type Verdict = { readonly problem?: Problem; readonly retryAfter?: number }

/** A fixed window: it opens with the first call after the last one closed, and closes after its length. */
type Window = { opened: number; used: number; readonly length: number }

export type Limiter = {
  /** Counts a call in, or says which limit it broke. Every accepted call must be followed by leave(). */
  enter(now: number): Verdict
  leave(): void
  headers(now: number): { [name: string]: string }
  set(limits: Partial<Limits> | 'off'): void
  readonly limits: Limits
  readonly inProgress: number
  /** Calls that were refused since the start, by the limit they broke, and those that were let in. */
  readonly breaches: { readonly [problem in Problem]: number }
  readonly admitted: number
}

/** @param minuteMs How long a minute is: less for tests that cannot wait for whole ones. */
export function createLimiter(initial: Limits | 'off', minuteMs = 60_000): Limiter {
  let limits = initial === 'off' ? NO_LIMITS : initial
  let inProgress = 0
  let admitted = 0
  const breaches = { concurrent: 0, minute: 0, day: 0, appminute: 0 }
  const minute: Window = { opened: -Infinity, used: 0, length: minuteMs }
  const day: Window = { opened: -Infinity, used: 0, length: 86_400_000 }
  const app: Window = { opened: -Infinity, used: 0, length: minuteMs }

  const roll = (window: Window, now: number): void => {
    if (now < window.opened + window.length) return
    window.opened = now
    window.used = 0
  }
  const left = (window: Window, now: number): number =>
    Math.max(1, Math.ceil((window.opened + window.length - now) / 1000))

  return {
    enter(now) {
      for (const window of [minute, day, app]) roll(window, now)
      const refuse = (problem: Problem, window?: Window): Verdict => {
        breaches[problem]++
        return window ? { problem, retryAfter: left(window, now) } : { problem }
      }
      // No Retry-After here: Xero sends none, the caller must simply have fewer calls open.
      if (inProgress >= limits.concurrent) return refuse('concurrent')
      if (day.used >= limits.perDay) return refuse('day', day)
      if (minute.used >= limits.perMinute) return refuse('minute', minute)
      if (app.used >= limits.appPerMinute) return refuse('appminute', app)
      admitted++
      minute.used++
      day.used++
      app.used++
      inProgress++
      return {}
    },
    leave() {
      inProgress--
    },
    headers(now) {
      for (const window of [minute, day, app]) roll(window, now)
      const rest = (limit: number, window: Window): string =>
        String(limit === Infinity ? 999_999 : Math.max(0, limit - window.used))
      return {
        'x-minlimit-remaining': rest(limits.perMinute, minute),
        'x-daylimit-remaining': rest(limits.perDay, day),
        'x-appminlimit-remaining': rest(limits.appPerMinute, app),
      }
    },
    set(next) {
      limits = next === 'off' ? NO_LIMITS : { ...limits, ...next }
    },
    get limits() {
      return limits
    },
    get inProgress() {
      return inProgress
    },
    breaches,
    get admitted() {
      return admitted
    },
  }
}
