import type { Catalog } from '../catalog/catalog.ts'
import type { Flow, FlowEdge, FlowNode } from '../document/flow.ts'
import { reach } from '../document/graph.ts'
import { portsOf } from '../catalog/ports.ts'

/**
 * The flow as it runs: disabled nodes are taken out. Where one passes, each edge to its first input is led on to where
 * its main port leads; where one stops, or reads, the way ends. What no trigger reaches any more is left out too.
 */
export function withoutDisabled(flow: Flow, catalog: Catalog): Flow {
  const disabled = flow.nodes.filter((node) => node.disabled)
  if (disabled.length === 0) return flow
  let edges: readonly FlowEdge[] = flow.edges
  for (const node of disabled) edges = bridged(edges, node, catalog)
  const out = new Set(disabled)
  const left = flow.nodes.filter((node) => !out.has(node))
  const triggers = left.filter((node) => catalog.get(node.operation)?.kind === 'trigger').map((node) => node.id)
  const reached = reach(triggers, (id) => edges.filter((edge) => edge.from === id).map((edge) => edge.to))
  for (const trigger of triggers) reached.add(trigger)
  return {
    ...flow,
    nodes: left.filter((node) => reached.has(node.id)),
    edges: edges.filter((edge) => reached.has(edge.from) && reached.has(edge.to)),
  }
}

function bridged(edges: readonly FlowEdge[], node: FlowNode, catalog: Catalog): readonly FlowEdge[] {
  const rest = edges.filter((edge) => edge.from !== node.id && edge.to !== node.id)
  const info = catalog.get(node.operation)
  if (node.disabled !== 'pass' || !info || info.kind === 'read' || info.kind === 'trigger') return rest
  const ports = portsOf(node, info)
  const main = ports.includes('out') ? 'out' : ports[0]
  const into = edges.filter((edge) => edge.to === node.id && edge.input === info.inputs[0])
  const onward = edges.filter((edge) => edge.from === node.id && edge.port === main)
  const through = into.flatMap((first) =>
    onward.map((last) => ({
      id: `${first.id}-${last.id}`,
      from: first.from,
      port: first.port,
      to: last.to,
      input: last.input,
    })),
  )
  // Two ways round the node may become one: the second would bring every record twice.
  const known = new Set(rest.map(ends))
  const fresh = through.filter((edge) => !known.has(ends(edge)) && known.add(ends(edge)))
  return [...rest, ...fresh]
}

const ends = ({ from, port, to, input }: FlowEdge): string => JSON.stringify([from, port, to, input])
