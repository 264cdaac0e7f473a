import type { Catalog, OperationInfo } from '../catalog/catalog.ts'
import type { Flow, FlowEdge, FlowNode } from './flow.ts'
import { DONE } from '../catalog/ports.ts'
import { compare } from '../schema/problem.ts'

/** A flow's nodes and edges, looked up and in an order that does not depend on the document's. */
export type Graph = {
  readonly catalog: Catalog
  /** By id, in the order of ids. Of two nodes with one id, one. */
  readonly nodes: ReadonlyMap<string, FlowNode>
  /** Only edges between nodes that are there, by source, port, target, input. */
  readonly edges: readonly FlowEdge[]
  readonly out: ReadonlyMap<string, readonly FlowEdge[]>
  readonly in: ReadonlyMap<string, readonly FlowEdge[]>
}

export function graphOf(flow: Flow, catalog: Catalog): Graph {
  const nodes = new Map([...flow.nodes].sort((a, b) => compare(a.id, b.id)).map((node) => [node.id, node]))
  const edges = sortedEdges(flow.edges).filter((edge) => nodes.has(edge.from) && nodes.has(edge.to))
  const out = Map.groupBy(edges, (edge) => edge.from)
  return { catalog, nodes, edges, out, in: Map.groupBy(edges, (edge) => edge.to) }
}

export function sortedEdges(edges: readonly FlowEdge[]): FlowEdge[] {
  return [...edges].sort(
    (a, b) =>
      compare(a.from, b.from) ||
      compare(a.port, b.port) ||
      compare(a.to, b.to) ||
      compare(a.input, b.input) ||
      compare(a.id, b.id),
  )
}

export function infoOf(graph: Graph, id: string): OperationInfo | undefined {
  const node = graph.nodes.get(id)
  return node && graph.catalog.get(node.operation)
}

/**
 * False for edges that start a read and carry no records: those of triggers and of `done`. The events of a trigger are
 * records to every node but a read, which they only wake up.
 */
export function carriesRecords(graph: Graph, edge: FlowEdge): boolean {
  const info = infoOf(graph, edge.from)
  if (info?.kind === 'trigger') return info.events === true && infoOf(graph, edge.to)?.kind !== 'read'
  return !(info?.kind === 'read' && edge.port === DONE)
}

/** All that is reached from `start` in one or more steps; `next` gives the neighbours. */
export function reach(start: Iterable<string>, next: (id: string) => Iterable<string>): Set<string> {
  const reached = new Set<string>()
  const waiting = [...start]
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    for (const neighbour of next(id)) {
      if (reached.has(neighbour)) continue
      reached.add(neighbour)
      waiting.push(neighbour)
    }
  }
  return reached
}

/** Reads whose records come to the node by the given edges, over however many nodes. */
export function readsBehind(graph: Graph, edges: readonly FlowEdge[]): readonly string[] {
  const sources = (list: readonly FlowEdge[]) =>
    list.filter((edge) => carriesRecords(graph, edge)).map(({ from }) => from)
  const first = sources(edges)
  const behind = reach(first, (id) => sources(graph.in.get(id) ?? []))
  return [...new Set([...first, ...behind])].filter((id) => infoOf(graph, id)?.kind === 'read').sort(compare)
}

/**
 * Sorts ids so that each comes after those it depends on, ties by id. Stops where there is a circle: what is in one, or
 * after one, is left out.
 */
export function sortByNeed(ids: Iterable<string>, needs: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] {
  const waiting = [...ids].sort(compare)
  const sorted = new Set<string>()
  while (true) {
    const at = waiting.findIndex((id) => [...(needs.get(id) ?? [])].every((need) => sorted.has(need)))
    const id = at < 0 ? undefined : waiting.splice(at, 1)[0]
    if (id === undefined) return [...sorted]
    sorted.add(id)
  }
}

/** One shortest circle per knot of nodes that feed each other, each beginning at its smallest id. */
export function circles(ids: Iterable<string>, next: (id: string) => Iterable<string>): readonly (readonly string[])[] {
  const found: string[][] = []
  const done = new Set<string>()
  for (const id of [...ids].sort(compare)) {
    if (done.has(id)) continue
    const circle = shortestCircle(id, next)
    if (circle === undefined) continue
    found.push(circle)
    done.add(id)
    // Everything that is reached from here and leads back here belongs to the same knot.
    for (const other of reach([id], next)) if (reach([other], next).has(id)) done.add(other)
  }
  return found
}

function shortestCircle(start: string, next: (id: string) => Iterable<string>): string[] | undefined {
  const cameFrom = new Map<string, string>()
  const waiting = [start]
  for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
    for (const neighbour of next(id)) {
      if (neighbour === start) return wayTo(id, start, cameFrom)
      if (cameFrom.has(neighbour)) continue
      cameFrom.set(neighbour, id)
      waiting.push(neighbour)
    }
  }
  return undefined
}

function wayTo(end: string, start: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const way = [end]
  for (let id = end; id !== start; ) {
    id = cameFrom.get(id) ?? start
    way.unshift(id)
  }
  return way
}

/** For each read, the reads that have to be over before it begins. */
export function readNeeds(graph: Graph): ReadonlyMap<string, ReadonlySet<string>> {
  const needs = new Map<string, Set<string>>()
  const need = (id: string, before: string) => needs.set(id, (needs.get(id) ?? new Set()).add(before))
  for (const edge of graph.edges) {
    if (infoOf(graph, edge.from)?.kind === 'read' && edge.port === DONE) need(edge.to, edge.from)
  }
  for (const { first, then } of joinedReads(graph)) for (const id of then) for (const before of first) need(id, before)
  return needs
}

/** For each node with a `with` input: the reads that fill it, and the reads whose records look into it. */
export function joinedReads(
  graph: Graph,
): readonly { readonly node: string; readonly first: readonly string[]; readonly then: readonly string[] }[] {
  return [...graph.nodes.keys()].flatMap((node) => {
    if (!infoOf(graph, node)?.inputs.includes('with')) return []
    const edges = graph.in.get(node) ?? []
    const first = readsBehind(
      graph,
      edges.filter((edge) => edge.input === 'with'),
    )
    const then = readsBehind(
      graph,
      edges.filter((edge) => edge.input === 'in'),
    )
    return [{ node, first, then }]
  })
}
