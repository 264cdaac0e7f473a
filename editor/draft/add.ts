import type { OperationInfo } from '../../server/flow/catalog/catalog.ts'
import type { Flow, FlowEdge, FlowNode } from '../../server/flow/document/flow.ts'
import { MAX_NODES } from '../../server/flow/document/flow.ts'
import { type Action, type Applied, type Point, selectNodes } from './action.ts'
import { mainPort, named, type Operations, whyNot } from './connect.ts'
import { edgeId, freshId, freshName, nodeIds } from './ids.ts'
import { COLUMN, freePlace, placeOf, snap, WIDTH } from './place.ts'
import { withSlot } from './slots.ts'

/** A new step, joined to what it was added to. */
export function add(flow: Flow, action: Extract<Action, { do: 'add' }>, operations: Operations): Applied {
  const info = operations.get(action.operation)
  if (info === undefined) return { ok: false, why: `This installation has no operation “${action.operation}”.` }
  if (flow.nodes.length >= MAX_NODES) return { ok: false, why: `A flow has at most ${MAX_NODES} steps; split it.` }
  const edge = flow.edges.find((one) => one.id === action.edge)
  const { node, flow: grown } = withNode(flow, action, info)
  if (edge) {
    const spliced = splice(grown, node.id, edge, operations)
    if (!spliced.ok) return spliced
    return { ...spliced, label: `add ${named(node)}`, select: selectNodes(node.id) }
  }
  const at = placeFor(flow, action, operations)
  let next = placed(grown, node.id, at)
  for (const [from, to] of endsOf(action, node, info)) {
    const why = whyNot(next, operations, from, to)
    if (why !== undefined) return { ok: false, why }
    next = joined(next, from, to)
  }
  return { ok: true, flow: next, label: `add ${named(node)}`, select: selectNodes(node.id) }
}

function withNode(flow: Flow, action: Extract<Action, { do: 'add' }>, info: OperationInfo) {
  const bound = withSlot(flow, info)
  const node: FlowNode = {
    id: freshId(nodeIds(flow), info.id.slice(info.id.indexOf('.') + 1)),
    operation: info.id,
    name: freshName(flow, action.name ?? info.title).slice(0, 200),
    ...(bound.slot === undefined ? {} : { slot: bound.slot }),
    settings: action.settings ?? {},
  }
  return { node, flow: { ...bound.flow, nodes: [...flow.nodes, node] } }
}

function placeFor(flow: Flow, action: Extract<Action, { do: 'add' }>, operations: Operations): Point {
  if (action.at) return freePlace(flow, operations, action.at)
  const [after, before] = [action.after, action.before]
  if (after) {
    const from = placeOf(flow, after.node)
    return freePlace(flow, operations, { x: from.x + COLUMN, y: from.y })
  }
  if (before) {
    const to = placeOf(flow, before.node)
    return freePlace(flow, operations, { x: to.x - COLUMN, y: to.y })
  }
  const places = flow.nodes.map((node) => placeOf(flow, node.id))
  const x = Math.max(-COLUMN, ...places.map((place) => place.x)) + COLUMN
  return freePlace(flow, operations, { x, y: places.at(-1)?.y ?? 0 })
}

function endsOf(action: Extract<Action, { do: 'add' }>, node: FlowNode, info: OperationInfo) {
  const port = mainPort(info, node.settings) ?? 'out'
  const input = info.inputs[0] ?? 'in'
  return [
    ...(action.after ? [[action.after, { node: node.id, input }] as const] : []),
    ...(action.before ? [[{ node: node.id, port }, action.before] as const] : []),
  ]
}

export function joined(
  flow: Flow,
  from: { readonly node: string; readonly port: string },
  to: { readonly node: string; readonly input: string },
): Flow {
  const edge: FlowEdge = {
    id: edgeId(flow, from.node, from.port, to.node, to.input),
    from: from.node,
    port: from.port,
    to: to.node,
    input: to.input,
  }
  return { ...flow, edges: [...flow.edges, edge] }
}

export function placed(flow: Flow, id: string, at: Point): Flow {
  return { ...flow, layout: { ...flow.layout, nodes: { ...flow.layout?.nodes, [id]: at } } }
}

/** Puts a step into an edge, and makes room for it where there is none. */
export function splice(flow: Flow, id: string, edge: FlowEdge, operations: Operations, at?: Point): Applied {
  const node = flow.nodes.find((one) => one.id === id)
  const info = node && operations.get(node.operation)
  if (node === undefined || info === undefined) return { ok: false, why: 'The step is not there any more.' }
  if (edge.from === id || edge.to === id) return { ok: false, why: 'This line already belongs to the step.' }
  if (info.inputs.length === 0)
    return { ok: false, why: `${named(node)} starts a flow and cannot stand inside a line.` }
  const port = mainPort(info, node.settings)
  if (port === undefined) return { ok: false, why: `${named(node)} ends a line: nothing leaves it.` }
  const without = { ...flow, edges: flow.edges.filter((one) => one.id !== edge.id) }
  const [into, out] = [
    { node: id, input: info.inputs[0] ?? 'in' },
    { node: edge.to, input: edge.input },
  ]
  const first = whyNot(without, operations, { node: edge.from, port: edge.port }, into)
  if (first !== undefined) return { ok: false, why: first }
  const half = joined(without, { node: edge.from, port: edge.port }, into)
  const second = whyNot(half, operations, { node: id, port }, out)
  if (second !== undefined) return { ok: false, why: second }
  const whole = joined(half, { node: id, port }, out)
  return { ok: true, flow: makeRoom(whole, id, edge, at), label: `put ${named(node)} into a line` }
}

/** Stands the step between its neighbours; what comes after moves to the right by what is missing. */
function makeRoom(flow: Flow, id: string, edge: FlowEdge, at: Point | undefined): Flow {
  const [from, to] = [placeOf(flow, edge.from), placeOf(flow, edge.to)]
  const own = at ?? snap({ x: from.x + COLUMN, y: (from.y + to.y) / 2 })
  const missing = own.x + COLUMN - to.x
  const nodes = { ...flow.layout?.nodes, [id]: own }
  if (missing > 0 && to.x > from.x && missing <= COLUMN + WIDTH) {
    const behind = after(flow, edge.to)
    for (const one of behind) {
      const place = nodes[one]
      if (place && one !== id) nodes[one] = { x: place.x + missing, y: place.y }
    }
  }
  return { ...flow, layout: { ...flow.layout, nodes } }
}

/** A step and all that comes after it. */
export function after(flow: Flow, id: string): ReadonlySet<string> {
  return walk(id, (one) => flow.edges.filter((edge) => edge.from === one).map((edge) => edge.to))
}

/** A step and all that comes before it. */
export function before(flow: Flow, id: string): ReadonlySet<string> {
  return walk(id, (one) => flow.edges.filter((edge) => edge.to === one).map((edge) => edge.from))
}

function walk(start: string, next: (id: string) => readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>()
  const open = [start]
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (seen.has(id)) continue
    seen.add(id)
    open.push(...next(id))
  }
  return seen
}
