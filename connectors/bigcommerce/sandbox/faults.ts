export const FAULT_KINDS = [
  '401',
  '403',
  '429',
  '429-load',
  '503',
  '507',
  'reset-before',
  'reset-after',
  'html',
  'malformed-json',
  'slow',
] as const

/** `reset-before`, and the numbers: the call was not carried out. `429-load` has none of the headers of the quota. */
export type Fault = {
  readonly kind: (typeof FAULT_KINDS)[number]
  /** How many calls it hits; one when absent. */
  readonly times?: number
  /** `slow`: how long the answer waits, in milliseconds. */
  readonly delayMs?: number
}

export type Faults = {
  add(faults: readonly Fault[]): void
  clear(): void
  /** Those that still have calls to hit. */
  list(): readonly Fault[]
  /** The fault of the call at hand. */
  take(): Fault | undefined
}

export function createFaults(): Faults {
  let armed: Fault[] = []
  return {
    add(faults) {
      armed.push(...faults)
    },
    clear() {
      armed = []
    },
    list: () => armed,
    take() {
      const [first, ...rest] = armed
      if (!first) return undefined
      const left = (first.times ?? 1) - 1
      armed = left > 0 ? [{ ...first, times: left }, ...rest] : rest
      return first
    },
  }
}

/** Faults from a control request. @throws TypeError in words */
export function readFaults(body: unknown): readonly Fault[] {
  const list = Array.isArray(body) ? body : [body]
  return list.map((one: unknown) => {
    const { kind, times, delayMs } = (typeof one === 'object' && one !== null ? one : {}) as Partial<Fault> // checked below
    if (!FAULT_KINDS.some((known) => known === kind) || kind === undefined) {
      throw new TypeError(`A fault needs a kind: ${FAULT_KINDS.join(', ')}.`)
    }
    return {
      kind,
      ...(typeof times === 'number' && times > 0 ? { times } : {}),
      ...(typeof delayMs === 'number' && delayMs >= 0 ? { delayMs } : {}),
    }
  })
}
