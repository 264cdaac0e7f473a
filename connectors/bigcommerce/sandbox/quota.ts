/** The quota of a store, in windows that follow each other. */
export type Quota = {
  /** Counts a call; false: there is none left. */
  take(): boolean
  headers(): { readonly [name: string]: string }
  readonly refused: number
  set(most: number | 'off'): void
}

export function createQuota(most: number | 'off', windowMs: number): Quota {
  let quota = most === 'off' ? Number.MAX_SAFE_INTEGER : most
  let began = 0
  let used = 0
  let refused = 0
  const turn = () => {
    const now = Date.now()
    if (now - began >= windowMs) [began, used] = [now, 0]
    return Math.max(0, began + windowMs - now)
  }
  return {
    take() {
      turn()
      if (used >= quota) {
        refused += 1
        return false
      }
      used += 1
      return true
    },
    headers: () => ({
      'x-rate-limit-time-window-ms': String(windowMs),
      'x-rate-limit-time-reset-ms': String(turn()),
      'x-rate-limit-requests-quota': String(quota),
      'x-rate-limit-requests-left': String(Math.max(0, quota - used)),
    }),
    get refused() {
      return refused
    },
    set(next) {
      quota = next === 'off' ? Number.MAX_SAFE_INTEGER : next
    },
  }
}
