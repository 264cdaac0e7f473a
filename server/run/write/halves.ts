/**
 * Calls of one refused batch that may be refused again before the rest is given up: with one bad item among 1,000 it
 * takes 20, and where most are bad, halving finds nothing that is worth the calls.
 */
export const MOST_REFUSALS = 200

/** What a refused call may still cost. Shared by all calls that come of it. */
export type Patience = { refusals: number }

/**
 * Two halves of a batch, so that one bad item does not take the others along; undefined where it cannot be split any
 * more. Neighbours of one `group` stay together.
 */
export function halves<T>(items: readonly T[], group: (item: T) => unknown): readonly [T[], T[]] | undefined {
  const middle = Math.ceil(items.length / 2)
  const isBorder = (at: number) => group(items[at - 1]!) !== group(items[at]!)
  for (let away = 0; away < items.length; away++) {
    for (const at of [middle - away, middle + away]) {
      if (at > 0 && at < items.length && isBorder(at)) return [items.slice(0, at), items.slice(at)]
    }
  }
  return undefined
}
