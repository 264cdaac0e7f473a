export type Difference = {
  /** “LineItems › 2 › Quantity”; places in a list are counted from 1. */
  readonly place: string
  readonly kind: 'changed' | 'added' | 'removed'
  readonly before: unknown
  readonly after: unknown
}

const NOTHING = Symbol('nothing')

/** What differs between two records, field by field. Lists are compared place by place. */
export function differences(before: unknown, after: unknown, place: readonly string[] = []): readonly Difference[] {
  if (before === after) return []
  const names = namesOf(before, after)
  if (names === undefined) {
    const kind = before === NOTHING ? 'added' : after === NOTHING ? 'removed' : 'changed'
    return [
      {
        place: place.join(' › ') || 'The record',
        kind,
        before: before === NOTHING ? undefined : before,
        after: after === NOTHING ? undefined : after,
      },
    ]
  }
  const label = (name: string): string => (Array.isArray(before) ? String(Number(name) + 1) : name)
  return names.flatMap((name) => differences(fieldOf(before, name), fieldOf(after, name), [...place, label(name)]))
}

/** Names that two lists or two objects have between them; undefined where the two are compared as a whole. */
function namesOf(before: unknown, after: unknown): readonly string[] | undefined {
  const fit = isTree(before) && isTree(after) && Array.isArray(before) === Array.isArray(after)
  return fit ? [...new Set([...Object.keys(before), ...Object.keys(after)])] : undefined
}

const isTree = (value: unknown): value is object => typeof value === 'object' && value !== null

const fieldOf = (tree: unknown, name: string): unknown =>
  isTree(tree) && Object.hasOwn(tree, name) ? Reflect.get(tree, name) : NOTHING
