import type { Flow } from '../../flow/document/flow.ts'
import { type Merged, mergeFlows } from '../../flow/document/merge.ts'

/**
 * A newer version of what a flow was made of, taken into it: of a template, or of a flow that is pushed to clients. What
 * was changed in the flow stays, and so does its name, which is its owner's from the beginning.
 */
export function takeOver(taken: Flow, mine: Flow, newer: Flow): Merged {
  const named = (document: Flow): Flow => ({ ...document, name: mine.name })
  return mergeFlows(named(taken), mine, named(newer))
}
