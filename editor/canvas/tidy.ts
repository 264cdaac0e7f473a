import type { ElkNode } from 'elkjs/lib/elk-api'
import type { Flow, FlowNode } from '../../server/flow/document/flow.ts'
import { portsOf } from '../../server/flow/catalog/ports.ts'
import type { Point } from '../draft/action.ts'
import type { Operations } from '../draft/connect.ts'
import { ABOVE, AROUND } from '../draft/group-box.ts'
import { groupsOf } from '../draft/groups.ts'
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
  // Steps of a group stay side by side within their frame.
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
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
  const boxes = new Map(nodes.map((node) => [node.id, boxOf(node, operations)]))
  const groups = groupsOf(flow)
    .filter((group) => group.nodes.every((id) => ids.has(id)))
    .map((group) => ({ group, first: nodes.findIndex(({ id }) => group.nodes.includes(id)) }))
  // A group stands in the order where its first step does.
  const children = nodes.flatMap((node, place): ElkNode[] => {
    const own = groups.find(({ group }) => group.nodes.includes(node.id))
    if (own === undefined) return [boxes.get(node.id)].flatMap((box) => box ?? [])
    if (own.first !== place) return []
    const inside = nodes.filter(({ id }) => own.group.nodes.includes(id)).flatMap(({ id }) => boxes.get(id) ?? [])
    return [{ id: `group:${own.group.id}`, layoutOptions: { 'elk.padding': FRAME }, children: inside }]
  })
  return {
    id: 'flow',
    children,
    edges: flow.edges
      .filter((edge) => ids.has(edge.from) && ids.has(edge.to))
      .map((edge) => ({
        id: edge.id,
        sources: [port(edge.from, 'out', edge.port)],
        targets: [port(edge.to, 'in', edge.input)],
      })),
  }
}

const FRAME = `[top=${ABOVE},left=${AROUND},bottom=${AROUND},right=${AROUND}]`

const port = (node: string, kind: string, name: string) => `${node} ${kind} ${name}`

function boxOf(node: FlowNode, operations: Operations): ElkNode {
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
}

/** All steps of a result, those in groups as well, where they stand on the whole. */
function flat(result: ElkNode, corner: Point): (Point & { readonly id: string })[] {
  return (result.children ?? []).flatMap((child) => {
    const at = { x: corner.x + (child.x ?? 0), y: corner.y + (child.y ?? 0) }
    return child.children ? flat(child, at) : [{ id: child.id, ...at }]
  })
}

function placesFrom(flow: Flow, result: ElkNode): { readonly [id: string]: Point } {
  const children = flat(result, { x: 0, y: 0 })
  const before = children.map((child) => placeOf(flow, child.id))
  const corner = { x: Math.min(...before.map(({ x }) => x)), y: Math.min(...before.map(({ y }) => y)) }
  const first = {
    x: Math.min(...children.map(({ x }) => x)),
    y: Math.min(...children.map(({ y }) => y)),
  }
  return Object.fromEntries(
    children.map((child) => [child.id, snap({ x: child.x - first.x + corner.x, y: child.y - first.y + corner.y })]),
  )
}
