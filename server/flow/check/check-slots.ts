import type { OperationInfo } from '../catalog/catalog.ts'
import type { Flow, FlowNode } from '../document/flow.ts'
import type { Graph } from '../document/graph.ts'
import { compare, type Problem, type ProblemCode } from '../schema/problem.ts'
import { callOf } from '../document/sub-flow.ts'
import { quote } from '../schema/wording.ts'

/** Connection bound to each slot. */
export type Bindings = { readonly [slot: string]: string | undefined }

/** Which slot a node uses: its own connector's, and with a connection when bindings are given. */
export function checkSlot(node: FlowNode, info: OperationInfo, flow: Flow, bindings?: Bindings): readonly Problem[] {
  const { connector } = info
  if (connector === undefined) {
    const says = `“${info.title}” connects to nothing; take the slot ${quote(node.slot ?? '')} away.`
    return node.slot === undefined ? [] : [problem('SLOT_NOT_NEEDED', 'warning', node, says)]
  }
  if (node.slot === undefined) {
    const fitting = Object.keys(flow.slots).filter((name) => flow.slots[name]?.connector === connector)
    const hint =
      fitting.length > 0
        ? `choose ${fitting
            .sort(compare)
            .map((name) => quote(name))
            .join(' or ')}`
        : 'add one'
    return [problem('SLOT_MISSING', 'error', node, `it does not say which ${connector} slot it uses; ${hint}.`)]
  }
  const slot = Object.hasOwn(flow.slots, node.slot) ? flow.slots[node.slot] : undefined
  if (!slot)
    return [
      problem('SLOT_UNKNOWN', 'error', node, `the flow has no slot ${quote(node.slot)}; add it or choose another.`),
    ]
  if (slot.connector !== connector) {
    const says = `the slot ${quote(node.slot)} is for ${slot.connector}, and “${info.title}” needs ${connector}; choose another slot.`
    return [problem('SLOT_OTHER_CONNECTOR', 'error', node, says)]
  }
  const bound = bindings === undefined || (Object.hasOwn(bindings, node.slot) && bindings[node.slot] !== undefined)
  if (bound) return []
  return [
    problem(
      'SLOT_UNBOUND',
      'error',
      node,
      `the slot ${quote(node.slot)} has no connection; bind a ${connector} connection to it.`,
    ),
  ]
}

export function unusedSlots(flow: Flow, graph: Graph): readonly Problem[] {
  const used = new Set(
    [...graph.nodes.values()].flatMap((node) => [node.slot, ...(callOf(node)?.slots ?? []).map(({ outer }) => outer)]),
  )
  return Object.keys(flow.slots)
    .filter((name) => !used.has(name))
    .map((name) => ({
      code: 'SLOT_UNUSED',
      severity: 'warning',
      field: `slots.${name}`,
      message: `No node uses the slot ${quote(name)}; remove it, or choose it in a node.`,
    }))
}

function problem(code: ProblemCode, severity: Problem['severity'], node: FlowNode, says: string): Problem {
  return { code, severity, node: node.id, message: `${quote(node.name, 60)}: ${says}` }
}
