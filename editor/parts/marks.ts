/** Which rows are marked: some, or all that fit the filters. */
export type Marked = { readonly all: boolean; readonly ids: ReadonlySet<string> }
export const NOTHING_MARKED: Marked = { all: false, ids: new Set() }

/** The marks after one of them was changed; with `from`, all from there to `to` become what `to` becomes. */
export function withRange(
  chosen: ReadonlySet<string>,
  all: readonly string[],
  from: string | undefined,
  to: string,
): ReadonlySet<string> {
  const next = new Set(chosen)
  const on = !chosen.has(to)
  const places = [from === undefined ? -1 : all.indexOf(from), all.indexOf(to)].sort((a, b) => a - b)
  const [first = -1, last = -1] = places
  const range = first < 0 ? [to] : all.slice(first, last + 1)
  for (const id of range) {
    if (on) next.add(id)
    else next.delete(id)
  }
  return next
}
