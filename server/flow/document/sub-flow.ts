import { type Flow, type FlowEdge, type FlowNode, type FlowPart, MAX_NODES } from './flow.ts'
import { isObject } from '../schema/schema.ts'

/** Between the id of the node that calls and that of a node of the called flow. */
const WITHIN = '--'
const MAX_EDGES = MAX_NODES * 4
/** As long as an id may be everywhere else. */
const MAX_ID = 64

export type Call = {
  readonly flow: string
  readonly version: number
  readonly slots: readonly { readonly inner: string; readonly outer: string }[]
}

/** Why a call cannot be put in. `node` is of the flow itself, however deep the fault lies; `names` are the way to it. */
export type Unfit = {
  readonly why: 'unknown' | 'cycle' | 'entries' | 'unreached' | 'form' | 'order' | 'slot' | 'nodes' | 'edges' | 'id'
  readonly node: FlowNode
  readonly call: Call
  readonly names: readonly string[]
  readonly slot?: string
}

type Graph = { readonly nodes: readonly FlowNode[]; readonly edges: readonly FlowEdge[] }

/** What a node calls; undefined for any other node, one that is disabled, and one whose settings are not finished. */
export function callOf({ operation, settings, disabled }: FlowNode): Call | undefined {
  if (operation !== 'sub-flow' || disabled) return undefined
  const { flow, version, slots = [] } = settings
  if (typeof flow !== 'string' || typeof version !== 'number' || !Array.isArray(slots)) return undefined
  const pairs = slots.flatMap((pair: unknown) =>
    isObject(pair) && typeof pair.inner === 'string' && typeof pair.outer === 'string'
      ? [{ inner: pair.inner, outer: pair.outer }]
      : [],
  )
  return { flow, version, slots: pairs }
}

/**
 * The flow as it runs: in the place of each node that calls stands the called flow. Its entry becomes a check of the
 * contract, and what led to its “hand back” leads to where the caller's `out` leads. Whatever comes after – planning,
 * the ledger, traces, resuming – knows nodes and nothing of calls. A flow without calls is given back as it is.
 * @throws SubFlowError
 */
export function inlined(flow: Flow, self?: string): Flow {
  if (!flow.nodes.some(callOf)) return flow
  const parts = new Map((flow.parts ?? []).map((part) => [nameOf(part), part]))
  const budget = { nodes: 0 }
  const { parts: _, ...rest } = flow
  const { nodes, edges } = expanded(flow, flow, parts, self === undefined ? [] : [self], budget, undefined)
  return { ...rest, nodes: [...nodes], edges: [...edges] }
}

/** A call that cannot be put in. Published versions have none. */
export class SubFlowError extends Error {
  override name = 'SubFlowError'
  readonly unfit: Unfit

  constructor(unfit: Unfit) {
    super(`“${unfit.node.name}” calls a flow that cannot be put in its place (${unfit.why}).`)
    this.unfit = unfit
  }
}

export const nameOf = ({ flow, version }: { readonly flow: string; readonly version: number }) => `${flow} ${version}`

type Outer = { readonly node: FlowNode; readonly call: Call; readonly names: readonly string[] }

function expanded(
  graph: Graph,
  whole: Pick<Flow, 'order'>,
  parts: ReadonlyMap<string, FlowPart>,
  way: readonly string[],
  budget: { nodes: number },
  outer: Outer | undefined,
): Graph {
  let { nodes, edges } = graph
  budget.nodes += nodes.length
  for (const node of graph.nodes) {
    const call = callOf(node)
    if (!call) continue
    // Of calls within calls the outermost is the one that somebody can see.
    const at: Outer = outer ? { ...outer, names: [...outer.names, node.name] } : { node, call, names: [node.name] }
    const refuse = (why: Unfit['why'], slot?: string): never => {
      throw new SubFlowError({ why, ...at, call, ...(slot === undefined ? {} : { slot }) })
    }
    if (way.includes(call.flow)) refuse('cycle')
    const part = parts.get(nameOf(call)) ?? refuse('unknown')
    const entries = part.nodes.filter(({ operation }) => operation === 'entry')
    const [entry] = entries
    if (!entry || entries.length > 1) return refuse('entries')
    if ((part.form ?? []).length > 0) refuse('form')
    if (part.order !== undefined && part.order !== whole.order) refuse('order')
    if (unreached(part, entry.id)) refuse('unreached')
    // These go away.
    budget.nodes -= 1 + part.nodes.filter(({ operation }) => operation === 'leave').length
    if (budget.nodes + part.nodes.length > MAX_NODES) refuse('nodes')
    const inner = expanded(part, whole, parts, [...way, call.flow], budget, at)
    if (budget.nodes > MAX_NODES) refuse('nodes')
    const put = placed(inner, node, call, entry, refuse)
    nodes = [...nodes.filter((one) => one !== node), ...put.nodes]
    edges = joined(edges, put, node.id, `${node.id}${WITHIN}${entry.id}`)
    if (edges.length > MAX_EDGES) refuse('edges')
  }
  return { nodes, edges }
}

/** Whether the flow has nodes that nothing from the entry comes to: they would begin by themselves. */
function unreached({ nodes, edges }: Graph, entry: string): boolean {
  const reached = new Set([entry])
  for (const id of reached) for (const edge of edges) if (edge.from === id) reached.add(edge.to)
  return nodes.some(({ id, disabled }) => !disabled && !reached.has(id))
}

type Placed = Graph & {
  /** Ends of edges that led to a “hand back”. */
  readonly leaving: readonly { readonly id: string; readonly from: string; readonly port: string }[]
}

/** The called flow in the names of the caller. */
function placed(
  inner: Graph,
  node: FlowNode,
  call: Call,
  entry: FlowNode,
  refuse: (why: Unfit['why'], slot?: string) => never,
): Placed {
  const idOf = (id: string) => `${node.id}${WITHIN}${id}`
  const slots = new Map(call.slots.map(({ inner: name, outer }) => [name, outer]))
  const leaves = new Map(inner.nodes.filter(({ operation }) => operation === 'leave').map((one) => [one.id, one]))
  const nodes = inner.nodes.flatMap((one): FlowNode[] => {
    if (leaves.has(one.id)) return []
    const id = idOf(one.id)
    if (id.length > MAX_ID) refuse('id')
    const slot = one.slot === undefined ? undefined : (slots.get(one.slot) ?? refuse('slot', one.slot))
    const named = { ...one, id, name: `${node.name} › ${one.name}`, ...(slot === undefined ? {} : { slot }) }
    if (one.id !== entry.id) return [named]
    const { title: _, ...contract } = one.settings
    return [{ ...named, operation: 'validate', settings: contract }]
  })
  const own = inner.edges.map((edge) => ({ ...edge, id: idOf(edge.id), from: idOf(edge.from) }))
  const target = (index: number) => inner.edges[index]?.to ?? ''
  return {
    nodes,
    edges: own.filter((_, index) => !leaves.has(target(index))).map((edge) => ({ ...edge, to: idOf(edge.to) })),
    // A “hand back” that is disabled hands nothing back.
    leaving: own.filter((_, index) => leaves.has(target(index)) && !leaves.get(target(index))?.disabled),
  }
}

/** The edges of the caller, led to the called flow and on from it. Two ways that have become one bring records once. */
function joined(edges: readonly FlowEdge[], put: Placed, caller: string, entry: string): readonly FlowEdge[] {
  const known = new Set<string>()
  const result: FlowEdge[] = []
  const add = (edge: FlowEdge) => {
    const ends = JSON.stringify([edge.from, edge.port, edge.to, edge.input])
    if (known.has(ends) || known.size > MAX_EDGES) return // one too many is enough to refuse
    known.add(ends)
    result.push(edge)
  }
  const into = (edge: FlowEdge): FlowEdge => (edge.to === caller && edge.input === 'in' ? { ...edge, to: entry } : edge)
  for (const edge of put.edges) add(edge)
  for (const edge of edges) {
    if (edge.from !== caller) add(into(edge))
    else if (edge.port === 'rejected') add(into({ ...edge, from: entry }))
    else if (edge.port !== 'out') add(into(edge))
    else {
      for (const { id, from, port } of put.leaving) {
        add(into({ ...edge, id: `${id}${WITHIN}${edge.id}`, from, port }))
      }
    }
  }
  return result
}
