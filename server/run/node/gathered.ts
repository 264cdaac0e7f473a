import type { Cursor } from '../../../connectors/kit/connector.ts'
import type { PlannedNode } from '../../flow/plan/plan.ts'
import type { RunParts } from '../journal/parts.ts'
import type { PureResult } from './pure-step.ts'

/** The next of what a gathering node has gathered. */
export type Gathered = Pick<PureResult, 'ports' | 'rejected' | 'counts'> & {
  /** Where to go on after these have settled. */
  readonly cursor: Cursor
  /** Nothing comes after it. */
  readonly last?: boolean
}

/** Answers undefined when nothing is left. */
export type NextGathered = (
  parts: Pick<RunParts, 'journal'>,
  planned: PlannedNode,
  after: Cursor | undefined,
) => Promise<Gathered | undefined>
