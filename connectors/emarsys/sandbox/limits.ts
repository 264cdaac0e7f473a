/** Calls per minute (or longer window) and credential, in fixed windows that start on the minute. Emarsys sends no Retry-After. */
export class Limits {
  perMinute: number | 'off'
  /** Calls over the limit since the start, and those within. */
  breaches = 0
  admitted = 0
  readonly #minuteMs: number
  readonly #used = new Map<string, { minute: number; calls: number }>()

  /** @param minuteMs How long a minute is: less for tests that cannot wait for whole ones. */
  constructor(perMinute: number | 'off', minuteMs = 60_000) {
    this.perMinute = perMinute
    this.#minuteMs = minuteMs
  }

  /** Counts one call. `undefined` when limits are off. `reset` is in unix seconds. */
  take(
    credential: string,
    now: number,
  ): { limit: number; remaining: number; reset: number; over: boolean } | undefined {
    if (this.perMinute === 'off') return undefined
    const minute = Math.floor(now / this.#minuteMs)
    let used = this.#used.get(credential)
    if (used?.minute !== minute) {
      used = { minute, calls: 0 }
      this.#used.set(credential, used)
    }
    used.calls++
    const over = used.calls > this.perMinute
    if (over) this.breaches++
    else this.admitted++
    return {
      limit: this.perMinute,
      remaining: Math.max(0, this.perMinute - used.calls),
      reset: Math.ceil(((minute + 1) * this.#minuteMs) / 1000),
      over,
    }
  }
}
