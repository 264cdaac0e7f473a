/**
 * How the sandbox can misbehave. The -after kinds do the work first and spoil the answer then: the caller cannot know.
 * slow does the work and holds the answer back for delayMs; drip sends it in small pieces, delayMs apart.
 */
export const FAULT_KINDS = [
  '429-minute',
  '429-concurrent',
  '429-day',
  '429-appminute',
  '503-offline',
  '503-maintenance',
  '503-unavailable',
  '500-before',
  '500-after',
  'html-200',
  'slow',
  'drip',
  'reset',
  'reset-after',
  'expired-token',
  'forbidden',
  'malformed-json',
] as const

export type FaultKind = (typeof FAULT_KINDS)[number]

export type Fault = {
  /** Both optional; an absent part matches everything. The prefix is compared with the path, e.g. /api.xro/2.0/Invoices. */
  readonly match?: { readonly method?: string; readonly pathPrefix?: string }
  readonly kind: FaultKind
  /** How many matching requests it hits; 1 when absent. */
  readonly times?: number
  /** How many matching requests it lets pass first. */
  readonly skip?: number
  readonly delayMs?: number
}

type Pending = { readonly fault: Fault; left: number; skip: number }

export type FaultList = {
  add(faults: readonly Fault[]): void
  clear(): void
  /** The first fault that matches, counted down. */
  take(method: string, path: string): Fault | undefined
  readonly pending: readonly { readonly fault: Fault; readonly left: number }[]
}

export function createFaults(): FaultList {
  let pending: Pending[] = []
  return {
    add(faults) {
      pending.push(...faults.map((fault) => ({ fault, left: fault.times ?? 1, skip: fault.skip ?? 0 })))
    },
    clear() {
      pending = []
    },
    take(method, path) {
      const hit = pending.find((entry) => {
        const { match } = entry.fault
        const matches =
          (match?.method === undefined || match.method.toUpperCase() === method) &&
          (match?.pathPrefix === undefined || path.toLowerCase().startsWith(match.pathPrefix.toLowerCase()))
        if (!matches || entry.skip === 0) return matches
        entry.skip--
        return false
      })
      if (!hit) return undefined
      hit.left--
      if (hit.left <= 0) pending = pending.filter((entry) => entry !== hit)
      return hit.fault
    },
    get pending() {
      return pending
    },
  }
}
