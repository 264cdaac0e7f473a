/** Deliveries a hook takes per second, and at once after a quiet time, in one process. */
const PER_SECOND = 1_000
const AT_ONCE = 2_000
/** Buckets that are full again are forgotten when there are more. */
const MOST_BUCKETS = 10_000

/** Counts the deliveries of each hook, so that one that is flooded leaves room for the others. */
export class HookRate {
  readonly #buckets = new Map<string, { left: number; atMs: number }>()

  /** Takes one place. Answers 0, or after how many seconds there will be one. */
  waitFor(hook: string, nowMs: number): number {
    let bucket = this.#buckets.get(hook)
    if (!bucket) {
      if (this.#buckets.size >= MOST_BUCKETS) this.#forget(nowMs)
      bucket = { left: AT_ONCE, atMs: nowMs }
      this.#buckets.set(hook, bucket)
    }
    bucket.left = Math.min(AT_ONCE, bucket.left + ((nowMs - bucket.atMs) / 1_000) * PER_SECOND)
    bucket.atMs = nowMs
    if (bucket.left < 1) return Math.max(1, Math.ceil((1 - bucket.left) / PER_SECOND))
    bucket.left -= 1
    return 0
  }

  #forget(nowMs: number): void {
    const fullAfterMs = (AT_ONCE / PER_SECOND) * 1_000
    for (const [hook, { atMs }] of this.#buckets) if (nowMs - atMs >= fullAfterMs) this.#buckets.delete(hook)
  }
}
