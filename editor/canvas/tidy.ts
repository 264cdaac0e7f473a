import type { ElkNode } from 'elkjs/lib/elk-api'
import type { Flow } from '../../server/flow/flow.ts'
import { portsOf } from '../../server/flow/ports.ts'
import type { Point } from '../draft/action.ts'
import type { Operations } from '../draft/connect.ts'
import { belowOffset, heightOf, placeOf, portOffset, SIDE, sidePorts, snap, WIDTH } from '../draft/place.ts'

const OPTIONS = {
  'elk.algorithm': 'layered',
  'elk.direction': 'RIGHT',
  // Branches keep the order in which they stand.
  'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
  'elk.layered.crossingMinimization.semiInteractive': 'true',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.layered.spacing.nodeNodeBetweenLayers': '100',
  'elk.spacing.nodeNode': '60',
  'elk.layered.spacing.edgeNodeBetweenLayers': '30',
  'elk.separateConnectedComponents': 'true',
  'elk.spacing.componentComponent': '100',
}

/** Better places for all steps, or for the chosen ones. Whoever stands left above stays there. Heavy: loaded when first asked. */
export async function tidied(
  flow: Flow,
  operations: Operations,
  chosen: ReadonlySet<string>,
): Promise<{ readonly [id: string]: Point }> {
  const ids = new Set(chosen.size > 1 ? chosen : flow.nodes.map((node) => node.id))
  // The layout keeps the order in which it is given the steps: as they stand, from top to bottom.
  const nodes = flow.nodes
    .filter((node) => ids.has(node.id))
    .map((node) => ({ node, at: placeOf(flow, node.id) }))
    .sort((a, b) => a.at.y - b.at.y || a.at.x - b.at.x)
    .map(({ node }) => node)
  if (nodes.length === 0) return {}
  const [{ default: Elk }, { default: ElkWorker }] = await Promise.all([
    import('elkjs/lib/elk-api'),
    import('elkjs/lib/elk-worker.min.js?worker'),
  ])
  const elk = new Elk({ workerFactory: () => new ElkWorker() })
  try {
    const result = await elk.layout(graphFor(flow, operations, nodes, ids), { layoutOptions: OPTIONS })
    return placesFrom(flow, result)
  } finally {
    elk.terminateWorker()
  }
}

function graphFor(flow: Flow, operations: Operations, nodes: Flow['nodes'], ids: ReadonlySet<string>): ElkNode {
  const port = (node: string, kind: string, name: string) => `${node} ${kind} ${name}`
  return {
    id: 'flow',
    children: nodes.map((node) => {
      const info = operations.get(node.operation)
      const height = heightOf(node, info)
      const side = info ? sidePorts(node, info) : ['out']
      const below = info ? portsOf(node, info).filter((one) => SIDE.has(one)) : []
      const inputs = info?.inputs ?? ['in']
      return {
        id: node.id,
        width: WIDTH,
        height,
        layoutOptions: { 'elk.portConstraints': 'FIXED_POS' },
        ports: [
          ...side.map((one, place) => ({
            id: port(node.id, 'out', one),
            x: WIDTH,
            y: portOffset(place, side.length),
            width: 1,
            height: 1,
            layoutOptions: { 'elk.port.side': 'EAST' },
          })),
          ...below.map((one, place) => ({
            id: port(node.id, 'out', one),
            x: belowOffset(place),
            y: height,
            width: 1,
            height: 1,
            layoutOptions: { 'elk.port.side': 'SOUTH' },
          })),
          ...inputs.map((one, place) => ({
            id: port(node.id, 'in', one),
            x: 0,
            y: portOffset(place, inputs.length),
            width: 1,
            height: 1,
            layoutOptions: { 'elk.port.side': 'WEST' },
          })),
        ],
      }
    }),
    edges: flow.edges
      .filter((edge) => ids.has(edge.from) && ids.has(edge.to))
      .map((edge) => ({
        id: edge.id,
        sources: [port(edge.from, 'out', edge.port)],
        targets: [port(edge.to, 'in', edge.input)],
      })),
  }
}

function placesFrom(flow: Flow, result: ElkNode): { readonly [id: string]: Point } {
  const children = result.children ?? []
  const before = children.map((child) => placeOf(flow, child.id))
  const corner = { x: Math.min(...before.map(({ x }) => x)), y: Math.min(...before.map(({ y }) => y)) }
  const first = {
    x: Math.min(...children.map((child) => child.x ?? 0)),
    y: Math.min(...children.map((child) => child.y ?? 0)),
  }
  return Object.fromEntries(
    children.map((child) => [
      child.id,
      snap({ x: (child.x ?? 0) - first.x + corner.x, y: (child.y ?? 0) - first.y + corner.y }),
    ]),
  )
}
