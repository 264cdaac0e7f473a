import type { Flow } from '../../server/flow/document/flow.ts'
import type { Applied } from './action.ts'
import { NOTHING } from './action.ts'
import { joined } from './add.ts'
import { mainPort, named, type Operations, whyNot } from './connect.ts'
import { withoutIdleSlots } from './slots.ts'

/** Removes steps, lines and notes. What came to a removed step goes on to where its records went, if it may. */
export function remove(
  flow: Flow,
  what: { readonly nodes: readonly string[]; readonly edges?: readonly string[]; readonly notes?: readonly string[] },
  operations: Operations,
): Applied {
  const edges = new Set(what.edges)
  const notes = new Set(what.notes)
  let next: Flow = edges.size > 0 ? { ...flow, edges: flow.edges.filter((edge) => !edges.has(edge.id)) } : flow
  for (const id of what.nodes) next = removeOne(next, id, operations)
  next = withoutIdleSlots(flow, next)
  if (notes.size > 0 && next.layout?.notes) {
    next = { ...next, layout: { ...next.layout, notes: next.layout.notes.filter((note) => !notes.has(note.id)) } }
  }
  const gone = flow.nodes.filter((node) => !next.nodes.includes(node))
  if (gone.length === 0 && edges.size === 0 && notes.size === 0)
    return { ok: false, why: 'Select what to delete first.' }
  const [only] = gone
  const label =
    gone.length === 1 && only
      ? `delete ${named(only)}`
      : gone.length > 1
        ? `delete ${gone.length} steps`
        : edges.size > 0
          ? edges.size === 1
            ? 'delete a line'
            : `delete ${edges.size} lines`
          : 'delete a note'
  return { ok: true, flow: next, label, select: NOTHING }
}

function removeOne(flow: Flow, id: string, operations: Operations): Flow {
  const node = flow.nodes.find((one) => one.id === id)
  if (node === undefined) return flow
  const info = operations.get(node.operation)
  const port = info ? mainPort(info, node.settings) : 'out'
  const into = flow.edges.filter((edge) => edge.to === id && edge.input === (info?.inputs[0] ?? 'in'))
  const out = flow.edges.filter((edge) => edge.from === id && edge.port === port)
  let next: Flow = {
    ...flow,
    nodes: flow.nodes.filter((one) => one.id !== id),
    edges: flow.edges.filter((edge) => edge.from !== id && edge.to !== id),
  }
  if (next.layout?.nodes[id] !== undefined) {
    const { [id]: _, ...nodes } = next.layout.nodes
    next = { ...next, layout: { ...next.layout, nodes } }
  }
  for (const first of into) {
    for (const last of out) {
      const [from, to] = [
        { node: first.from, port: first.port },
        { node: last.to, input: last.input },
      ]
      if (whyNot(next, operations, from, to) === undefined) next = joined(next, from, to)
    }
  }
  return next
}
