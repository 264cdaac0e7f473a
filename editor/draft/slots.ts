import type { OperationInfo } from '../../server/flow/catalog/catalog.ts'
import type { Flow, FlowNode } from '../../server/flow/document/flow.ts'
import { isObject } from '../../server/flow/schema/schema.ts'
import { freshId } from './ids.ts'

/** The slot that a new step of this operation uses: the first of its connector, else a new one. */
export function withSlot(flow: Flow, info: OperationInfo): { readonly flow: Flow; readonly slot: string | undefined } {
  if (info.connector === undefined) return { flow, slot: undefined }
  const { connector } = info
  const there = Object.entries(flow.slots).find(([, slot]) => slot.connector === connector)
  if (there) return { flow, slot: there[0] }
  const slot = freshId(new Set(Object.keys(flow.slots)), connector)
  const title = connector.charAt(0).toUpperCase() + connector.slice(1)
  return { flow: { ...flow, slots: { ...flow.slots, [slot]: { connector, title } } }, slot }
}

/** Slots that a step which calls another flow lends to it. */
function slotsOfCall({ operation, settings }: FlowNode): readonly string[] {
  const pairs = operation === 'sub-flow' ? settings['slots'] : undefined
  return (Array.isArray(pairs) ? pairs : []).flatMap((pair: unknown) =>
    isObject(pair) && typeof pair['outer'] === 'string' ? [pair['outer']] : [],
  )
}

/** Takes away those of `before`'s used slots that no step uses any more. Slots that were unused before stay. */
export function withoutIdleSlots(before: Flow, flow: Flow): Flow {
  const used = (of: Flow) => new Set(of.nodes.flatMap((node) => [node.slot ?? [], slotsOfCall(node)].flat()))
  const [was, is] = [used(before), used(flow)]
  const idle = Object.keys(flow.slots).filter((slot) => was.has(slot) && !is.has(slot))
  if (idle.length === 0) return flow
  return { ...flow, slots: Object.fromEntries(Object.entries(flow.slots).filter(([slot]) => !idle.includes(slot))) }
}
