/** How long a run rests at first, and at the longest, whose database has no room, in milliseconds. */
const FIRST_MS = 1_000
const LONGEST_MS = 30_000

/** Answers how long a run rests that has just found no room. */
export type RestWhileFull = () => number

/**
 * As long as there has been no room so far: a disk that is full for an hour is not tried by every run each second. Of a
 * disk at which nobody has failed for twice the longest rest it is forgotten.
 * @param now milliseconds of a clock that never goes back.
 */
export function createRestWhileFull(now: () => number = () => performance.now()): RestWhileFull {
  let since = 0
  let last = Number.NEGATIVE_INFINITY
  return () => {
    const at = now()
    if (at - last > 2 * LONGEST_MS) since = at
    last = at
    return Math.min(Math.max(at - since, FIRST_MS), LONGEST_MS)
  }
}
