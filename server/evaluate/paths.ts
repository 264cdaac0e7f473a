/** Dotted field paths of native nodes. Lists are walked through. */

export type Path = readonly string[]

export const readPath = (path: string): Path => path.split('.')

/** What stands at the path; a list of what stands there in each element where the path leads through a list. */
export const valueAt = (value: unknown, path: Path, from = 0): unknown => {
  if (from === path.length) return value
  if (Array.isArray(value)) {
    const found: unknown[] = []
    for (const element of value) {
      const each = valueAt(element, path, from)
      if (Array.isArray(each)) found.push(...each)
      else if (each !== undefined) found.push(each)
    }
    return found
  }
  const key = path[from]
  if (typeof value !== 'object' || value === null || key === undefined || !Object.hasOwn(value, key)) return undefined
  return valueAt((value as { readonly [key: string]: unknown })[key], path, from + 1) // an object that is not a list
}

/** Puts a value at its own path, making the objects on the way. */
export const putAt = (target: { [key: string]: unknown }, path: Path, value: unknown): void => {
  const [first, ...rest] = path
  if (first === undefined) return
  if (rest.length === 0) {
    target[first] = value
    return
  }
  const inner = target[first]
  // Without a prototype: a field may be called like a built-in, and those are frozen.
  const next: { [key: string]: unknown } = Object.create(null)
  if (typeof inner === 'object' && inner !== null && !Array.isArray(inner)) Object.assign(next, inner)
  target[first] = next
  putAt(next, rest, value)
}
