import type { Flow, FlowEdge, FlowNode } from '../../server/flow/document/flow.ts'
import { portsOf } from '../../server/flow/catalog/ports.ts'
import type { Point } from '../draft/action.ts'
import type { Operations } from '../draft/connect.ts'
import { belowOffset, heightOf, placeOf, portOffset, SIDE, sidePorts, WIDTH } from '../draft/place.ts'

/** Where a line leaves a step, on the canvas. */
function outOf(flow: Flow, node: FlowNode, port: string, operations: Operations): Point {
  const at = placeOf(flow, node.id)
  const info = operations.get(node.operation)
  if (info && SIDE.has(port)) {
    const place = portsOf(node, info)
      .filter((one) => SIDE.has(one))
      .indexOf(port)
    return { x: at.x + belowOffset(place), y: at.y + heightOf(node, info) }
  }
  const side = info ? sidePorts(node, info) : ['out']
  return { x: at.x + WIDTH, y: at.y + portOffset(Math.max(0, side.indexOf(port)), side.length) }
}

function intoOf(flow: Flow, node: FlowNode, input: string, operations: Operations): Point {
  const at = placeOf(flow, node.id)
  const inputs = operations.get(node.operation)?.inputs ?? ['in']
  return { x: at.x, y: at.y + portOffset(Math.max(0, inputs.indexOf(input)), inputs.length) }
}

const NEAR = 44

/** The line that passes a point closely: where a step dropped there would be put in. */
export function lineAt(flow: Flow, point: Point, operations: Operations, except?: string): FlowEdge | undefined {
  const nodes = new Map(flow.nodes.map((node) => [node.id, node]))
  let best: { edge: FlowEdge; far: number } | undefined
  for (const edge of flow.edges) {
    const [from, to] = [nodes.get(edge.from), nodes.get(edge.to)]
    if (from === undefined || to === undefined || from.id === except || to.id === except) continue
    const far = distance(point, outOf(flow, from, edge.port, operations), intoOf(flow, to, edge.input, operations))
    if (far < NEAR && (best === undefined || far < best.far)) best = { edge, far }
  }
  return best?.edge
}

/** From a point to the line between two others. */
function distance(p: Point, a: Point, b: Point): number {
  const [dx, dy] = [b.x - a.x, b.y - a.y]
  const length = dx * dx + dy * dy
  const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((p.x - a.x) * dx + (p.y - a.y) * dy) / length))
  return Math.hypot(p.x - a.x - along * dx, p.y - a.y - along * dy)
}
