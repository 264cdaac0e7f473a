/** Calls per minute and credential, in fixed windows that start on the minute. Emarsys sends no Retry-After. */
export class Limits {
  perMinute: number | 'off'
  readonly #used = new Map<string, { minute: number; calls: number }>()

  constructor(perMinute: number | 'off') {
    this.perMinute = perMinute
  }

  /** Counts one call. `undefined` when limits are off. `reset` is in unix seconds. */
  take(
    credential: string,
    now: number,
  ): { limit: number; remaining: number; reset: number; over: boolean } | undefined {
    if (this.perMinute === 'off') return undefined
    const minute = Math.floor(now / 60_000)
    let used = this.#used.get(credential)
    if (used?.minute !== minute) {
      used = { minute, calls: 0 }
      this.#used.set(credential, used)
    }
    used.calls++
    return {
      limit: this.perMinute,
      remaining: Math.max(0, this.perMinute - used.calls),
      reset: (minute + 1) * 60,
      over: used.calls > this.perMinute,
    }
  }
}
