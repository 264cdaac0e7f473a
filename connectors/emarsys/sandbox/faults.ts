import type { RecordFailure } from './envelope.ts'

export const FAULT_KINDS = [
  '202',
  '401',
  '403',
  '423',
  '429',
  '500-before',
  '500-after',
  '503',
  'html',
  'reset-before',
  'reset-after',
  'slow',
  'timeout',
  'drip',
  'partial',
  'malformed-json',
] as const

/**
 * One way to misbehave. "before": nothing was applied; "after": the call was applied and only its answer is lost or
 * spoilt. `slow`, `drip`, `html`, `malformed-json` and `timeout` (no answer ever) are all "after"; those with a status
 * alone are "before": `202` says that the work goes on, `423` that another of its kind is running.
 */
export type Fault = {
  readonly match: {
    /** Any method when absent. */
    readonly method?: string
    /** Start of the path, with or without `/api/v2` or `/api/v3`; every path when absent. */
    readonly pathPrefix?: string
  }
  readonly kind: (typeof FAULT_KINDS)[number]
  /** How many matching calls it hits; one when absent. */
  readonly times?: number
  /** How many matching calls it lets pass first. */
  readonly skip?: number
  /** `slow`: wait before the answer; `drip`: time over which the answer is spread. Milliseconds. */
  readonly delayMs?: number
  /** `partial`: key values that fail; the first record of the call when absent. */
  readonly keys?: readonly string[]
  /** `partial`: the code they fail with (2007 when absent), and its text. */
  readonly code?: number
  readonly text?: string
}

/** What stands before the path that a fault or the count of calls names. */
export const VERSION = /^\/api\/v[23](?:\/internal\/[^/]+)?/

const isCount = (value: unknown): boolean =>
  value === undefined || (typeof value === 'number' && Number.isFinite(value) && value >= 0)

/** What is wrong with a fault that came over the wire, in words; `undefined` when it is fine. */
const problemOf = (fault: unknown): string | undefined => {
  if (typeof fault !== 'object' || fault === null) return 'a fault is an object {match, kind, …}'
  const { match, kind, times, skip, delayMs, keys } = fault as { [field: string]: unknown } // checked field by field below
  if (typeof match !== 'object' || match === null) return 'match must be an object {method?, pathPrefix?}'
  if (!FAULT_KINDS.some((known) => known === kind)) return `kind must be one of ${FAULT_KINDS.join(', ')}`
  if (!isCount(times) || !isCount(skip) || !isCount(delayMs)) return 'times, skip and delayMs are numbers, zero or more'
  if (keys !== undefined && !Array.isArray(keys)) return 'keys must be a list'
  return undefined
}

type Armed = { readonly fault: Fault; left: number; skip: number }

/** Which misbehaviour is switched on, in the order given: the first that matches and is not used up applies. */
export class Faults {
  #armed: Armed[] = []

  /** Throws a sentence when one of them makes no sense; then none is added. */
  add(faults: readonly Fault[]): void {
    for (const fault of faults) {
      const problem = problemOf(fault)
      if (problem !== undefined) throw new TypeError(`cannot add this fault: ${problem}`)
    }
    for (const fault of faults) this.#armed.push({ fault, left: fault.times ?? 1, skip: fault.skip ?? 0 })
  }

  clear(): void {
    this.#armed = []
  }

  /** Faults that still have calls to hit. */
  list(): (Fault & { readonly left: number })[] {
    return this.#armed.map(({ fault, left }) => ({ ...fault, left }))
  }

  take(method: string, path: string): Fault | undefined {
    const short = path.replace(VERSION, '')
    for (const armed of this.#armed) {
      const { match } = armed.fault
      if (match.method !== undefined && match.method.toUpperCase() !== method) continue
      const prefix = match.pathPrefix ?? ''
      if (!path.startsWith(prefix) && !short.startsWith(prefix)) continue
      if (armed.skip > 0) {
        armed.skip--
        continue
      }
      armed.left--
      if (armed.left <= 0) this.#armed = this.#armed.filter((other) => other !== armed)
      return armed.fault
    }
    return undefined
  }
}

/** The failure a `partial` fault wants for this record of the call, if it wants one. */
export const plannedFailure = (fault: Fault | undefined, key: string, position: number): RecordFailure | undefined => {
  if (fault?.kind !== 'partial') return undefined
  const hit = fault.keys === undefined ? position === 0 : fault.keys.includes(key)
  if (!hit) return undefined
  return { code: fault.code ?? 2007, text: fault.text ?? 'Failed because the sandbox was told to' }
}
