/** A repeatable stream of numbers and ids: the same seed always gives the same organisation. */
export type Random = {
  /** In [0, 1). */
  next(): number
  /** Whole number in [low, high], both included. */
  int(low: number, high: number): number
  pick<T>(list: readonly T[]): T
}

/** mulberry32: 32 bits of state, passes for demo data, not for secrets. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
  return {
    next,
    int: (low, high) => low + Math.floor(next() * (high - low + 1)),
    pick: <T>(list: readonly T[]): T => {
      const chosen = list[Math.floor(next() * list.length)]
      if (chosen === undefined) throw new Error('Cannot pick from an empty list.')
      return chosen
    },
  }
}

function mix(value: number): number {
  let x = value >>> 0
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad)
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97)
  return (x ^ (x >>> 15)) >>> 0
}

/** Four hex digits of every 16-bit number: a page of 1,000 invoices needs some 10,000 ids' worth of them. */
const HEX = Array.from({ length: 65_536 }, (_, n) => n.toString(16).padStart(4, '0'))

const hex = (value: number): string => `${HEX[value >>> 16]}${HEX[value & 0xffff]}`

/** The id of the n-th thing of a kind under a seed. Computed when needed, so lines need not store theirs. */
export function uuidOf(seed: number, kind: number, n: number): string {
  const base = mix((seed >>> 0) ^ Math.imul(kind, 0x9e3779b1))
  const a = hex(mix(base ^ n))
  const b = hex(mix(base + Math.imul(n, 0x85ebca6b) + 1))
  const c = hex(mix(base + Math.imul(n, 0xc2b2ae35) + 2))
  const d = hex(n >>> 0)
  return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-a${c.slice(1, 4)}-${c.slice(4)}${d}`
}

export const ID_KIND = {
  contact: 1,
  invoice: 2,
  creditNote: 3,
  payment: 4,
  allocation: 5,
  line: 6,
  account: 7,
  tracking: 8,
  item: 9,
  group: 10,
  prepayment: 11,
  overpayment: 12,
  bankTransaction: 13,
  journal: 14,
} as const
