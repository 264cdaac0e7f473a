import type { Flow } from '../../server/flow/document/flow.ts'
import { type Change, changesOf } from './changes.ts'

/** A draft as it stood at the end of somebody's work. */
export type Stand = { readonly author: string; readonly document: Flow }

/**
 * Who changed last what differs now: by going through the stands in their order, the oldest first. A change that no
 * stand explains belongs to whoever is at work.
 */
export function authorsOf(live: Flow, stands: readonly Stand[], now: Flow): (change: Change) => string | undefined {
  const authors = new Map<string, string>()
  let before = live
  for (const { author, document } of stands) {
    for (const change of changesOf(before, document)) authors.set(placeOf(change), author)
    before = document
  }
  for (const change of changesOf(before, now)) authors.delete(placeOf(change))
  return (change) => authors.get(placeOf(change))
}

const placeOf = ({ what, node, id }: Change): string => (what === 'step' ? `step ${node}` : id.slice(1))
