import type { OperationInfo } from '../../server/flow/catalog/catalog.ts'
import type { Flow, FlowEdge, FlowNode } from '../../server/flow/document/flow.ts'
import { DONE, portsOf } from '../../server/flow/catalog/ports.ts'
import type { Source, Target } from './action.ts'

export type Operations = ReadonlyMap<string, OperationInfo>

/** “Make rows”, as it stands in a sentence. */
export const named = (node: Pick<FlowNode, 'name'>): string =>
  `“${node.name.length > 60 ? `${node.name.slice(0, 59)}…` : node.name}”`

/**
 * Why these two ends cannot be joined, in a sentence; undefined when they can. `without` is an edge that is about to be
 * led elsewhere.
 */
export function whyNot(
  flow: Flow,
  operations: Operations,
  from: Source,
  to: Target,
  without?: string,
): string | undefined {
  const source = flow.nodes.find((node) => node.id === from.node)
  const target = flow.nodes.find((node) => node.id === to.node)
  if (source === undefined || target === undefined) return 'One of the two steps is not there any more.'
  if (source.id === target.id) return 'A step cannot feed itself.'
  const [out, into] = [operations.get(source.operation), operations.get(target.operation)]
  if (out === undefined)
    return `${named(source)} has an operation that this installation does not know; replace it first.`
  if (into === undefined)
    return `${named(target)} has an operation that this installation does not know; replace it first.`
  if (into.inputs.length === 0 || into.kind === 'trigger')
    return `${named(target)} starts the flow: nothing can lead into it.`
  if (!into.inputs.includes(to.input)) return `${named(target)} has no input “${to.input}”.`
  if (!portsOf(source, out).includes(from.port)) return `${named(source)} has no way out called “${from.port}”.`
  const edges = flow.edges.filter((edge) => edge.id !== without)
  if (edges.some((edge) => joins(edge, from, to))) return 'These two are joined already.'
  const kind = wrongKind(source, out, from.port, target, into)
  if (kind !== undefined) return kind
  if (leadsTo(edges, to.node, from.node))
    return `That would make a circle: ${named(target)} already leads to ${named(source)}.`
  return undefined
}

const joins = (edge: FlowEdge, from: Source, to: Target): boolean =>
  edge.from === from.node && edge.port === from.port && edge.to === to.node && edge.input === to.input

/** A start leads to reads, records lead to everything else. */
function wrongKind(
  source: FlowNode,
  out: OperationInfo,
  port: string,
  target: FlowNode,
  into: OperationInfo,
): string | undefined {
  const isStart = startsOnly(out, port)
  const events = out.kind === 'trigger' && out.events === true
  if (into.kind === 'read' && !isStart && !events)
    return `${named(target)} fetches records of its own and takes none from ${named(source)}. Start it from a trigger, or from “done” of another read.`
  if (into.kind !== 'read' && isStart)
    return `${named(source)} gives a start and no records; it can only start a step that reads. Put a read between them.`
  return undefined
}

/** The edges of this port carry no records. */
export const startsOnly = (info: OperationInfo, port: string): boolean =>
  info.kind === 'trigger' ? info.events !== true : info.kind === 'read' && port === DONE

function leadsTo(edges: readonly FlowEdge[], from: string, to: string): boolean {
  const seen = new Set<string>()
  const open = [from]
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (id === to) return true
    if (seen.has(id)) continue
    seen.add(id)
    for (const edge of edges) if (edge.from === id) open.push(edge.to)
  }
  return false
}

/** Could a step of this operation stand behind this port? For lists of what may follow. */
export function canFollow(flow: Flow, operations: Operations, from: Source, info: OperationInfo): boolean {
  const source = flow.nodes.find((node) => node.id === from.node)
  const out = source && operations.get(source.operation)
  if (source === undefined || out === undefined || info.inputs.length === 0) return false
  return (
    wrongKind(source, out, from.port, { id: '', operation: info.id, name: info.title, settings: {} }, info) ===
    undefined
  )
}

/** Could a step of this operation stand before this input? */
export function canPrecede(flow: Flow, operations: Operations, to: Target, info: OperationInfo): boolean {
  const target = flow.nodes.find((node) => node.id === to.node)
  const into = target && operations.get(target.operation)
  const port = mainPort(info, {})
  if (target === undefined || into === undefined || port === undefined) return false
  return (
    wrongKind({ id: '', operation: info.id, name: info.title, settings: {} }, info, port, target, into) === undefined
  )
}

/** The port by which records leave when all goes well; a route's first case. */
export function mainPort(info: OperationInfo, settings: FlowNode['settings']): string | undefined {
  const ports = portsOf({ settings }, info)
  return ports.includes('out') ? 'out' : ports[0]
}

/** Every step that could take what leaves by this port, each with a free input or the reason why not. */
export function targetsFor(
  flow: Flow,
  operations: Operations,
  from: Source,
): readonly { readonly node: FlowNode; readonly input: string; readonly why: string | undefined }[] {
  return flow.nodes
    .filter((node) => node.id !== from.node)
    .flatMap((node) => {
      const inputs = operations.get(node.operation)?.inputs ?? ['in']
      return (inputs.length === 0 ? ['in'] : inputs).map((input) => ({
        node,
        input,
        why: whyNot(flow, operations, from, { node: node.id, input }),
      }))
    })
}
