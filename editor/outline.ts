import type { OperationInfo } from '../server/flow/catalog/catalog.ts'
import type { Flow, FlowEdge, FlowNode } from '../server/flow/document/flow.ts'
import { scheduleWords } from '../server/flow/catalog/schedule-words.ts'

/** A flow as a list that can be read from top to bottom. */
export type OutlineStep = {
  readonly node: FlowNode
  readonly info: OperationInfo | undefined
  /** Where its records come from: names of nodes, with the port where it is not the usual one. */
  readonly from: readonly string[]
  readonly facts: readonly string[]
}

export type Operations = ReadonlyMap<string, OperationInfo>

/** Each node after those that feed it; branches stay together. Nodes in a circle come last, as they stand. */
export function outlineOf(flow: Pick<Flow, 'nodes' | 'edges'>, operations: Operations): readonly OutlineStep[] {
  const byId = new Map(flow.nodes.map((node) => [node.id, node]))
  const into = Map.groupBy(flow.edges, (edge) => edge.to)
  const outOf = Map.groupBy(flow.edges, (edge) => edge.from)
  const done = new Set<string>()
  const order: FlowNode[] = []
  const waiting = flow.nodes.filter((node) => (into.get(node.id) ?? []).length === 0).reverse()
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (done.has(node.id)) continue
    if ((into.get(node.id) ?? []).some((edge) => byId.has(edge.from) && !done.has(edge.from))) continue
    done.add(node.id)
    order.push(node)
    const next = (outOf.get(node.id) ?? []).map((edge) => byId.get(edge.to)).filter((target) => target !== undefined)
    waiting.push(...next.reverse())
  }
  for (const node of flow.nodes) if (!done.has(node.id)) order.push(node)
  return order.map((node) => ({
    node,
    info: operations.get(node.operation),
    from: (into.get(node.id) ?? []).map((edge) => sayOrigin(edge, byId)),
    facts: factsOf(node, operations.get(node.operation)),
  }))
}

function sayOrigin(edge: FlowEdge, nodes: ReadonlyMap<string, FlowNode>): string {
  const name = nodes.get(edge.from)?.name ?? edge.from
  return edge.port === 'out' ? name : `${name}, by “${edge.port}”`
}

const EFFECT_FACTS: { readonly [effect in NonNullable<OperationInfo['effect']>]: string } = {
  upsert: 'Safe to send again',
  keyed: 'Sent again only with the same key',
  unsafe: 'Cannot be taken back; sent once',
}

function factsOf(node: FlowNode, info: OperationInfo | undefined): readonly string[] {
  const schedule = node.operation === 'schedule' ? [saySchedule(node.settings)] : []
  return [...schedule, ...(info?.effect ? [EFFECT_FACTS[info.effect]] : [])]
}

/** “Every 15 minutes”, “Every day at 06:00, Europe/London”. What the flow's form asks for stands with its answers. */
export function saySchedule(settings: FlowNode['settings']): string {
  const { cron = '0 6 * * *', zone = 'Europe/London', everyMinutes = 15 } = settings
  const wall = settings['mode'] === 'wall-clock'
  if (wall && typeof cron !== 'string') return 'At the time that its settings say'
  if (!wall && typeof everyMinutes !== 'number') return 'As often as its settings say'
  const said = scheduleWords(
    wall
      ? {
          mode: 'wall-clock',
          cron: String(cron),
          zone: typeof zone === 'string' ? zone : 'in the zone of its settings',
        }
      : { mode: 'interval', everyMinutes: Number(everyMinutes) },
  )
  return said.charAt(0).toUpperCase() + said.slice(1)
}

export type FlowEffects = {
  readonly starts: readonly string[]
  /** What comes in and goes out, each with its slot, once. */
  readonly reads: readonly { readonly title: string; readonly slot: string | undefined }[]
  readonly writes: readonly { readonly title: string; readonly slot: string | undefined; readonly unsafe: boolean }[]
}

/** What a flow does to the outside, for the dialogs that switch it on and off. */
export function effectsOf(flow: Pick<Flow, 'nodes' | 'edges' | 'slots'>, operations: Operations): FlowEffects {
  const steps = outlineOf(flow, operations)
  const of = (kind: OperationInfo['kind']) =>
    steps.flatMap(({ node, info }) => (info?.kind === kind ? [{ node, info }] : []))
  const place = (node: FlowNode): string | undefined =>
    node.slot === undefined ? undefined : flow.slots[node.slot]?.title
  return {
    starts: of('trigger').map(({ node }) => (node.operation === 'schedule' ? saySchedule(node.settings) : 'By hand')),
    reads: of('read').map(({ node }) => ({ title: node.name, slot: place(node) })),
    writes: of('write').map(({ node, info }) => ({
      title: node.name,
      slot: place(node),
      unsafe: info.effect === 'unsafe',
    })),
  }
}

/** Which stripe a node has; tells systems apart, never states. */
export function hueOf(info: OperationInfo | undefined): string {
  if (info?.connector === 'xero') return 'var(--hue-xero)'
  if (info?.connector === 'emarsys') return 'var(--hue-emarsys)'
  return info?.kind === 'pure' ? 'var(--hue-transform)' : 'var(--hue-logic)'
}
