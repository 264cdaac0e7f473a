import type { NodeSteps } from '../../server/contract/runs.ts'

/** The columns every step has. Names that are not there count as none. */
const USUAL = ['in', 'out', 'rejected'] as const

/** Counts beyond the usual ones that are not zero, in the order of the runtime: ports of a route, unchanged, sent… */
export function otherCounts(counts: NodeSteps['counts']): readonly { readonly name: string; readonly count: number }[] {
  return Object.entries(counts)
    .filter(([name, count]) => count !== 0 && !USUAL.some((usual) => usual === name))
    .map(([name, count]) => ({ name, count }))
}
