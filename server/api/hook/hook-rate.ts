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
