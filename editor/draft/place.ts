import type { OperationInfo } from '../../server/flow/catalog/catalog.ts'
import type { Flow, FlowNode } from '../../server/flow/document/flow.ts'
import { portsOf } from '../../server/flow/catalog/ports.ts'
import type { Point } from './action.ts'
import type { Operations } from './connect.ts'

// Where steps stand and how large they are drawn, in pixels at zoom 1. The canvas draws with the same numbers.

export const GRID = 20
export const WIDTH = 240
const HEAD = 72
const PORT_ROW = 24
/** From the left edge of a step to that of the next. */
export const COLUMN = 340
const ROW = 140

export const snap = (point: Point): Point => ({
  x: Math.round(point.x / GRID) * GRID,
  y: Math.round(point.y / GRID) * GRID,
})

/** Ports that stand at the right with a label; the others (`rejected`, `done`) hang below. */
export const SIDE = new Set(['rejected', 'done'])

export function sidePorts(node: Pick<FlowNode, 'settings'>, info: OperationInfo): readonly string[] {
  return portsOf(node, info).filter((port) => !SIDE.has(port))
}

export function heightOf(node: Pick<FlowNode, 'settings'>, info: OperationInfo | undefined): number {
  const rows = Math.max(info ? sidePorts(node, info).length : 1, info?.inputs.length ?? 1)
  return HEAD + (rows > 1 ? rows * PORT_ROW + 8 : 0)
}

/** Middle of a row of ports or inputs, from the top of the step. */
export const portOffset = (place: number, of: number): number =>
  of <= 1 ? HEAD / 2 : HEAD + PORT_ROW * place + PORT_ROW / 2

/** Middle of a way out that hangs below, from the left of the step. */
export const belowOffset = (place: number): number => 72 + place * 96

export const placeOf = (flow: Pick<Flow, 'layout'>, id: string): Point => flow.layout?.nodes[id] ?? { x: 0, y: 0 }

/** Places for the steps that have none: in columns by how many steps lead to them. */
export function withPlaces(flow: Flow): Flow {
  const missing = flow.nodes.filter((node) => flow.layout?.nodes[node.id] === undefined)
  if (missing.length === 0) return flow
  const columns = depths(flow)
  const used = new Map<number, number>()
  const nodes = { ...flow.layout?.nodes }
  const below = Math.max(-ROW, ...Object.values(nodes).map(({ y }) => y)) + ROW
  for (const node of missing) {
    const column = columns.get(node.id) ?? 0
    const row = used.get(column) ?? 0
    used.set(column, row + 1)
    nodes[node.id] = { x: column * COLUMN, y: below + row * ROW }
  }
  return { ...flow, layout: { ...flow.layout, nodes } }
}

/** The longest way from a start to each step, in steps. What stands in a circle counts from where it was met first. */
function depths(flow: Flow): ReadonlyMap<string, number> {
  const into = Map.groupBy(flow.edges, (edge) => edge.to)
  const known = new Map<string, number>()
  const depth = (id: string, above: ReadonlySet<string>): number => {
    const before = known.get(id)
    if (before !== undefined) return before
    if (above.has(id)) return 0
    const chain = new Set(above).add(id)
    const found = Math.max(0, ...(into.get(id) ?? []).map((edge) => depth(edge.from, chain) + 1))
    known.set(id, found)
    return found
  }
  for (const node of flow.nodes) depth(node.id, new Set())
  return known
}

/** The first free place at or below a point. */
export function freePlace(flow: Flow, operations: Operations, wanted: Point): Point {
  const boxes = flow.nodes.map((node) => ({
    ...placeOf(flow, node.id),
    height: heightOf(node, operations.get(node.operation)),
  }))
  let { x, y } = snap(wanted)
  for (let tries = 0; tries < 500; tries++) {
    const hit = boxes.find(
      (box) => Math.abs(box.x - x) < WIDTH + GRID && y < box.y + box.height + GRID && box.y < y + HEAD + GRID,
    )
    if (hit === undefined) break
    y = snap({ x, y: hit.y + hit.height + 2 * GRID }).y
  }
  return { x, y }
}
