import type { Flow } from './flow.ts'
import { reach } from './graph.ts'

/** The part of a flow that leads to a node, and the node itself: what is carried out when it is tested up to there. */
export function upTo(flow: Flow, node: string): Flow {
  const before = Map.groupBy(flow.edges, (edge) => edge.to)
  const kept = reach([node], (id) => (before.get(id) ?? []).map(({ from }) => from)).add(node)
  return {
    ...flow,
    nodes: flow.nodes.filter(({ id }) => kept.has(id)),
    edges: flow.edges.filter(({ from, to }) => kept.has(from) && kept.has(to)),
  }
}
