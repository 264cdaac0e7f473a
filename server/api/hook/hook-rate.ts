import { isIPv6 } from 'node:net'

/** Buckets that are full again are forgotten when there are more, the longest unused first. */
const MOST_BUCKETS = 10_000

/**
 * Counts the deliveries of each hook, so that one that is flooded leaves room for the others. What nobody has proven yet is
 * counted by the address that it comes from, apart from what is proven: strangers use up their own room only.
 */
export class HookRate {
  readonly #perSecond: number
  /** After a quiet time. */
  readonly #atOnce: number
  /** The longest unused first. */
  readonly #buckets = new Map<string, { left: number; atMs: number }>()

  constructor(perSecond: number) {
    this.#perSecond = perSecond
    this.#atOnce = 2 * perSecond
  }

  /** Takes one place. Answers 0, or after how many seconds there will be one. */
  waitFor(hook: string, nowMs: number): number {
    let bucket = this.#buckets.get(hook)
    if (!bucket) {
      if (this.#buckets.size >= MOST_BUCKETS) this.#forget(nowMs)
      bucket = { left: this.#atOnce, atMs: nowMs }
    }
    this.#buckets.delete(hook)
    this.#buckets.set(hook, bucket)
    bucket.left = Math.min(this.#atOnce, bucket.left + ((nowMs - bucket.atMs) / 1_000) * this.#perSecond)
    bucket.atMs = nowMs
    if (bucket.left < 1) return Math.max(1, Math.ceil((1 - bucket.left) / this.#perSecond))
    bucket.left -= 1
    return 0
  }

  #forget(nowMs: number): void {
    const fullAfterMs = (this.#atOnce / this.#perSecond) * 1_000
    for (const [hook, { atMs }] of this.#buckets) {
      if (nowMs - atMs < fullAfterMs) break
      this.#buckets.delete(hook)
    }
  }
}

/**
 * Whose deliveries count together while nobody has proven themselves: those of one address, or of the 64 bits of IPv6
 * within which whoever has one address has them all (RFC 6177).
 */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
  if (!isIPv6(plain)) return plain
  const [front = '', back] = plain.split('%', 1)[0]!.split('::')
  const groups = front === '' ? [] : front.split(':')
  const after = back === undefined || back === '' ? 0 : back.split(':').length
  const zeros = back === undefined ? 0 : 8 - groups.length - after
  const all = [...groups, ...Array<string>(zeros).fill('0'), ...(back ?? '').split(':')]
  return all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}
