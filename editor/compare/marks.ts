import type { Mark } from '../canvas/elements.ts'
import type { Change } from './changes.ts'

/** What is marked on each of the two canvases. Lines are marked by the id that they have there. */
export function marksOf(changes: readonly Change[]): {
  readonly before: ReadonlyMap<string, Mark>
  readonly after: ReadonlyMap<string, Mark>
} {
  const before = new Map<string, Mark>()
  const after = new Map<string, Mark>()
  for (const { kind, what, node, id } of changes) {
    if (what === 'flow') continue
    const name = what === 'line' ? id.slice(1) : node
    if (name === undefined) continue
    if (kind !== 'added') before.set(name, kind)
    if (kind !== 'removed') after.set(name, kind)
  }
  return { before, after }
}
