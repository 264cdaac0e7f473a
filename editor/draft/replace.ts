import type { Flow, FlowNode } from '../../server/flow/document/flow.ts'
import { portsOf } from '../../server/flow/catalog/ports.ts'
import { fieldSchema } from '../../server/flow/schema/schema.ts'
import { type Applied, selectNodes } from './action.ts'
import { mainPort, named, type Operations, whyNot } from './connect.ts'
import { withoutIdleSlots, withSlot } from './slots.ts'

/** Another operation in the place of a step: its lines stay, and so do settings that the new one has too. */
export function replace(flow: Flow, id: string, operation: string, operations: Operations): Applied {
  const node = flow.nodes.find((one) => one.id === id)
  const info = operations.get(operation)
  if (node === undefined) return { ok: false, why: 'The step is not there any more.' }
  if (info === undefined) return { ok: false, why: `This installation has no operation “${operation}”.` }
  const old = operations.get(node.operation)
  const bound = withSlot(flow, info)
  const settings = Object.fromEntries(
    Object.entries(node.settings).filter(([name]) => fieldSchema(info.settings, name) !== undefined),
  )
  const { slot: _, ...rest } = node
  const next: FlowNode = {
    ...rest,
    operation,
    name: old && node.name.startsWith(old.title) ? info.title : node.name,
    settings,
    ...(bound.slot === undefined ? {} : { slot: bound.slot }),
  }
  const ports = portsOf(next, info)
  const main = mainPort(info, settings)
  const oldMain = old ? mainPort(old, node.settings) : 'out'
  let grown: Flow = {
    ...bound.flow,
    nodes: flow.nodes.map((one) => (one.id === id ? next : one)),
    edges: flow.edges.filter((edge) => edge.from !== id && edge.to !== id),
  }
  for (const edge of flow.edges) {
    if (edge.from !== id && edge.to !== id) continue
    const port = edge.from !== id || ports.includes(edge.port) ? edge.port : edge.port === oldMain ? main : undefined
    const input = edge.to !== id || info.inputs.includes(edge.input) ? edge.input : info.inputs[0]
    if (port === undefined || input === undefined)
      return { ok: false, why: `“${info.title}” has no place for a line of ${named(node)}. Remove that line first.` }
    const why = whyNot(grown, operations, { node: edge.from, port }, { node: edge.to, input })
    if (why !== undefined) return { ok: false, why }
    grown = { ...grown, edges: [...grown.edges, { ...edge, port, input }] }
  }
  const label = `replace ${named(node)} by “${info.title}”`
  return { ok: true, flow: withoutIdleSlots(flow, grown), label, select: selectNodes(id) }
}
