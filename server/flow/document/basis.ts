import type { Flow, FlowNode } from './flow.ts'
import { upTo } from './up-to.ts'
import { canonicalJson } from './version.ts'

/** The steps that lead to a step, and the step itself, as they were when its records were taken. */
export type Basis = Pick<Flow, 'nodes' | 'edges'>

export function basisOf(flow: Flow, node: string): Basis {
  const { nodes, edges } = upTo(flow, node)
  return { nodes, edges }
}

/**
 * Names of steps for which records that were taken may not be what they would be now: another operation, account or
 * setting, a step that came or went, other lines into it. `of`: what came to the step by its inputs depends on what it is,
 * not on how it is set; what left it depends on both.
 */
export function changedSince(basis: Basis, flow: Basis, node: string, of: 'in' | 'out'): readonly string[] {
  const [then, now] = [basis, flow].map((one) => partTo(one, node)) as [Basis, Basis]
  const before = new Map(then.nodes.map((one) => [one.id, one]))
  const after = new Map(now.nodes.map((one) => [one.id, one]))
  const changed: string[] = []
  for (const id of new Set([...before.keys(), ...after.keys()])) {
    const [was, is] = [before.get(id), after.get(id)]
    const own = id === node && of === 'in'
    const same = was && is && meaning(was, own) === meaning(is, own) && linesTo(then, id) === linesTo(now, id)
    if (!same) changed.push((is ?? was)?.name ?? id)
  }
  return changed
}

/** A flow that is drawn may have a step without what leads to it, or not have it at all. */
const partTo = (flow: Basis, node: string): Basis => upTo({ ...flow } as Flow, node)

const meaning = ({ operation, slot, settings, disabled }: FlowNode, operationAlone: boolean): string =>
  canonicalJson(operationAlone ? { operation } : { operation, slot, settings, disabled })

const linesTo = ({ edges }: Basis, node: string): string =>
  edges
    .filter(({ to }) => to === node)
    .map(({ from, port, input }) => canonicalJson([from, port, input]))
    .sort()
    .join()
