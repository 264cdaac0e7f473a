import type { Catalog } from '../catalog/catalog.ts'
import { type Flow, type FlowNode, MAX_NODES } from '../document/flow.ts'
import { type Graph, infoOf } from '../document/graph.ts'
import type { Problem, ProblemCode } from '../schema/problem.ts'
import { callOf, inlined, SubFlowError, type Unfit } from '../document/sub-flow.ts'
import { quote } from '../schema/wording.ts'

/** What is wrong with what a flow calls, and the flow as it runs where nothing is. One problem at a time. */
export function checkCalls(
  flow: Flow,
  catalog: Catalog,
  self: string | undefined,
): { readonly whole: Flow; readonly problems: readonly Problem[] } {
  const unsettled = flow.nodes.filter(isUnsettled)
  if (unsettled.length > 0) {
    const says = 'which flow it calls, and which version, must stand in the step itself; choose them there.'
    return { whole: flow, problems: unsettled.map((node) => problem('SUBFLOW_UNKNOWN', node, says, 'flow')) }
  }
  try {
    const whole = inlined(flow, self)
    const own = new Set(flow.nodes.map(({ id }) => id))
    const problems = whole.nodes.flatMap((node) => {
      if (own.has(node.id) || node.disabled || catalog.get(node.operation)?.kind !== 'read') return []
      const caller = callerOf(flow, node.id)
      const says = `the read ${quote(node.name, 120)} would begin by itself; a called flow has look-ups and no reads.`
      return caller ? [problem('SUBFLOW_STARTS', caller, says, 'flow')] : []
    })
    return { whole, problems }
  } catch (error) {
    if (error instanceof SubFlowError) return { whole: flow, problems: [unfit(error.unfit)] }
    throw error
  }
}

/** A flow that others call begins at its entry and nowhere else, so that all of it can stand where it is called. */
export function checkEntry(graph: Graph): readonly Problem[] {
  const nodes = [...graph.nodes.values()].filter(({ disabled }) => !disabled)
  const entries = nodes.filter(({ operation }) => operation === 'entry')
  const [, second] = entries
  if (entries.length === 0) {
    const says = 'nobody calls this flow; add “Called by a flow” and lead it here, or remove this step.'
    return nodes.flatMap((node) => (node.operation === 'leave' ? [problem('SUBFLOW_UNFIT', node, says)] : []))
  }
  const several = 'a flow has one step “Called by a flow”; remove the others, and tell records apart by a field.'
  return [
    ...(second ? [problem('SUBFLOW_UNFIT', second, several)] : []),
    ...nodes.flatMap((node) => {
      const kind = node.operation === 'entry' ? undefined : infoOf(graph, node.id)?.kind
      if (kind !== 'trigger' && kind !== 'read') return []
      const says = `a flow that others call has no other ${kind}; put what both need into a flow of its own, and call it.`
      return [problem('SUBFLOW_STARTS', node, says)]
    }),
  ]
}

/** An answer of the form, which may differ from installation to installation, or something that is no id. */
function isUnsettled(node: FlowNode): boolean {
  return node.operation === 'sub-flow' && !node.disabled && callOf(node) === undefined
}

/** Errors that only show where flows are put together, named at the node that calls. */
export function withinCalls(flow: Flow, problems: readonly Problem[]): readonly Problem[] {
  const own = new Set(flow.nodes.map(({ id }) => id))
  return problems
    .filter(({ severity }) => severity === 'error')
    .map(({ node, edge: _edge, field, position: _position, fix: _fix, ...rest }) => {
      const shown = node === undefined || own.has(node) ? node : callerOf(flow, node)?.id
      const place = shown === node && field !== undefined ? { field } : {}
      return { ...rest, ...(shown === undefined ? {} : { node: shown }), ...place }
    })
}

export function outdatedCalls(flow: Flow, live: ReadonlyMap<string, number> | undefined): readonly Problem[] {
  return flow.nodes.flatMap((node): readonly Problem[] => {
    const call = callOf(node)
    const newest = call && live?.get(call.flow)
    if (!call || newest === undefined || newest <= call.version) return []
    const says = `it calls version ${call.version}, and version ${newest} is live; look at what changed, and choose it.`
    return [{ ...problem('SUBFLOW_OUTDATED', node, says, 'version'), severity: 'warning' }]
  })
}

/** The longest id that fits: ids may hold what stands between them. */
function callerOf(flow: Flow, inner: string): FlowNode | undefined {
  return flow.nodes
    .filter((node) => callOf(node) && inner.startsWith(`${node.id}--`))
    .sort((a, b) => b.id.length - a.id.length)[0]
}

const CODES: { readonly [why in Unfit['why']]: ProblemCode } = {
  unknown: 'SUBFLOW_UNKNOWN',
  cycle: 'SUBFLOW_CYCLE',
  unreached: 'SUBFLOW_STARTS',
  entries: 'SUBFLOW_UNFIT',
  form: 'SUBFLOW_UNFIT',
  order: 'SUBFLOW_UNFIT',
  slot: 'SLOT_MISSING',
  nodes: 'TOO_MANY_NODES',
  edges: 'TOO_MANY_NODES',
  id: 'SUBFLOW_UNFIT',
}

function unfit({ why, node, call, names, slot = '' }: Unfit): Problem {
  const says: { readonly [why in Unfit['why']]: string } = {
    unknown: `there is no version ${call.version} of a flow ${quote(call.flow)} in this workspace; choose one that was published.`,
    cycle: 'it leads back into a flow that is being called already; a flow may not call itself, nor one that calls it.',
    unreached:
      'the called flow has a trigger of its own, or steps that its entry does not lead to; call a flow that begins at “Called by a flow” alone.',
    entries: 'the called flow needs exactly one step “Called by a flow”; add it there and publish, or choose another.',
    form: 'the called flow has a form, whose answers belong to that flow; call one without.',
    order:
      'the called flow keeps later records behind an open exception, and this one does not; set the same order here.',
    slot: `the slot ${quote(slot)} of the called flow has none of this one; say under “Slots” which stands for it.`,
    nodes: `with all that it calls the flow has more than ${MAX_NODES} nodes; call less, or split the flow.`,
    edges: `with all that it calls the flow has more than ${MAX_NODES * 4} edges; call less, or split the flow.`,
    id: 'the id of a step in the called flow becomes longer than 64 characters; give the step that calls a shorter id.',
  }
  const field = why === 'slot' ? 'slots' : 'flow'
  const way =
    names.length > 1
      ? `${names
          .slice(1)
          .map((name) => quote(name, 60))
          .join(' › ')}: `
      : ''
  return problem(CODES[why], node, `${way}${says[why]}`, field)
}

function problem(code: ProblemCode, node: FlowNode, says: string, field?: string): Problem {
  const place = field === undefined ? {} : { field }
  return { code, severity: 'error', node: node.id, ...place, message: `${quote(node.name, 60)}: ${says}` }
}
