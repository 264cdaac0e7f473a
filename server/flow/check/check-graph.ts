import type { Flow, FlowEdge } from '../document/flow.ts'
import {
  carriesRecords,
  circles,
  type Graph,
  infoOf,
  joinedReads,
  reach,
  readNeeds,
  sortedEdges,
} from '../document/graph.ts'
import { portsOf } from '../catalog/ports.ts'
import type { Problem, ProblemCode } from '../schema/problem.ts'
import { nearest, oneOf, quote } from '../schema/wording.ts'

/** What is wrong with the drawing, whatever the settings of the nodes. */
export function checkGraph(flow: Flow, graph: Graph): readonly Problem[] {
  return [
    ...sameIds('node', flow.nodes),
    ...sameIds('edge', flow.edges),
    ...danglingEdges(flow, graph),
    ...duplicateEdges(flow),
    ...graph.edges.flatMap((edge) => [...checkSource(edge, graph), ...checkTarget(edge, graph)]),
    ...missingInputs(graph),
    ...checkReach(graph),
    ...checkOrder(graph),
  ]
}

/** “Make rows”, the node as people know it. */
export function nameOf(graph: Graph, id: string): string {
  return quote(graph.nodes.get(id)?.name ?? id, 60)
}

function sameIds(what: 'node' | 'edge', list: readonly { readonly id: string }[]): readonly Problem[] {
  return [...Map.groupBy(list, ({ id }) => id)].flatMap(([id, { length }]) => {
    if (length === 1) return []
    const message = `${length} ${what}s have the id ${quote(id)}; give each an id of its own.`
    return [error('ID_DUPLICATE', { [what]: id }, message)]
  })
}

function danglingEdges(flow: Flow, graph: Graph): readonly Problem[] {
  return flow.edges.flatMap((edge) => {
    const gone = [...new Set([edge.from, edge.to])].filter((id) => !graph.nodes.has(id))
    if (gone.length === 0) return []
    const message = `The edge ${quote(edge.id)} joins “${edge.from}” to “${edge.to}”, but there is no node ${oneOf(gone.map((id) => quote(id)))}; remove the edge.`
    return [error('EDGE_NODE_MISSING', { edge: edge.id }, message)]
  })
}

function duplicateEdges(flow: Flow): readonly Problem[] {
  const edges = sortedEdges(flow.edges)
  return edges.flatMap((edge, index) => {
    const before = edges[index - 1]
    const same =
      before?.from === edge.from && before.port === edge.port && before.to === edge.to && before.input === edge.input
    if (!same || before.id === edge.id) return []
    const message = `The edges “${before.id}” and “${edge.id}” join the same port to the same input; remove one.`
    return [error('EDGE_DUPLICATE', { edge: edge.id }, message)]
  })
}

function checkSource(edge: FlowEdge, graph: Graph): readonly Problem[] {
  const node = graph.nodes.get(edge.from)
  const info = infoOf(graph, edge.from)
  if (!node || !info) return []
  const ports = portsOf(node, info)
  if (ports.includes(edge.port)) return []
  const meant = nearest(edge.port, ports)
  const hint = meant ? `did you mean ${quote(meant)}?` : `it has ${ports.map((port) => quote(port)).join(', ')}.`
  const message = `${nameOf(graph, edge.from)} has no port ${quote(edge.port)}; ${hint} Draw the edge from a port that is there, or remove it.`
  return [error('PORT_UNKNOWN', { node: edge.from, edge: edge.id }, message)]
}

function checkTarget(edge: FlowEdge, graph: Graph): readonly Problem[] {
  const info = infoOf(graph, edge.to)
  if (!info) return []
  const at = { node: edge.to, edge: edge.id }
  const [from, to] = [nameOf(graph, edge.from), nameOf(graph, edge.to)]
  if (info.kind === 'trigger') {
    return [error('TRIGGER_HAS_INPUT', at, `${to} is a trigger and takes nothing in; remove the edge from ${from}.`)]
  }
  if (!info.inputs.includes(edge.input)) {
    const message = `${to} has no input ${quote(edge.input)}; lead the edge to ${oneOf(info.inputs.map((input) => quote(input)))}.`
    return [error('INPUT_UNKNOWN', at, message)]
  }
  const source = infoOf(graph, edge.from)
  if (!source) return []
  const records = carriesRecords(graph, edge)
  if (records && info.kind === 'read') {
    const message = `${to} is a read and takes no records from ${from}; start it from a trigger or from the “done” port of another read, or use a look-up.`
    return [error('RECORDS_FEED_READ', at, message)]
  }
  if (!records && info.kind !== 'read') {
    const what = source.kind === 'trigger' ? `The trigger ${from}` : `The port “done” of ${from}`
    const message = `${what} gives a start and no records, so it can lead to reads only, not to ${to}; put a read between them.`
    return [error('START_FEEDS_RECORDS', at, message)]
  }
  return []
}

/** Of a node with one input it is enough that it is reached. */
function missingInputs(graph: Graph): readonly Problem[] {
  return [...graph.nodes.keys()].flatMap((id) => {
    const inputs = infoOf(graph, id)?.inputs ?? []
    if (inputs.length < 2) return []
    const fed = new Set((graph.in.get(id) ?? []).map((edge) => edge.input))
    return inputs
      .filter((input) => !fed.has(input))
      .map((input) => {
        const message = `Nothing leads to the input ${quote(input)} of ${nameOf(graph, id)}; draw an edge to it.`
        return error('JOIN_INPUT_MISSING', { node: id }, message)
      })
  })
}

function checkReach(graph: Graph): readonly Problem[] {
  const ids = [...graph.nodes.keys()]
  // A node whose operation is unknown may be a trigger; it is reported as unknown.
  const triggers = ids.filter((id) => (infoOf(graph, id)?.kind ?? 'trigger') === 'trigger')
  if (triggers.length === 0) {
    const message = 'Nothing starts this flow; add a trigger (“By hand” or “Schedule”) and lead it to a read.'
    return [error('NO_TRIGGER', {}, message)]
  }
  const next = (id: string) => (graph.out.get(id) ?? []).map((edge) => edge.to)
  const reached = reach(triggers, next)
  const lost = new Set(ids.filter((id) => !reached.has(id) && !triggers.includes(id)))
  // One problem for the first node of a lost branch, not one for each node after it.
  const first = [...lost].filter((id) => !(graph.in.get(id) ?? []).some((edge) => lost.has(edge.from)))
  return first.map((id) => {
    const after = [...reach([id], next)].filter((other) => lost.has(other)).length
    const others = after === 0 ? '' : `, nor to the ${after === 1 ? 'node' : `${after} nodes`} after it`
    const message = `No way leads from a trigger to ${nameOf(graph, id)}${others}; draw an edge to it or remove it.`
    return error('NODE_UNREACHABLE', { node: id }, message)
  })
}

function checkOrder(graph: Graph): readonly Problem[] {
  const next = (id: string) => (graph.out.get(id) ?? []).map((edge) => edge.to)
  const knots = circles(graph.nodes.keys(), next)
  if (knots.length > 0) {
    return knots.map((circle) => {
      const [id = ''] = circle
      const names = [...circle, id].map((member) => nameOf(graph, member)).join(' → ')
      return error('CYCLE', { node: id }, `Records would go in a circle: ${names}; remove one of these edges.`)
    })
  }
  const needs = readNeeds(graph)
  return joinedReads(graph).flatMap(({ node, first, then }) => {
    const pair = first
      .flatMap((before) => then.map((after) => ({ before, after })))
      .find(({ before, after }) => before === after || reach([before], (id) => needs.get(id) ?? []).has(after))
    if (!pair) return []
    const [before, after] = [nameOf(graph, pair.before), nameOf(graph, pair.after)]
    const why =
      pair.before === pair.after
        ? `all of ${before} before its own first record`
        : `all of ${before} before ${after}, but ${before} runs after ${after}`
    const message = `${nameOf(graph, node)} needs ${why}; feed its “with” from a read of its own, which runs first.`
    return [error('READ_ORDER', { node }, message)]
  })
}

function error(code: ProblemCode, where: Pick<Problem, 'node' | 'edge'>, message: string): Problem {
  return { code, severity: 'error', ...where, message }
}
