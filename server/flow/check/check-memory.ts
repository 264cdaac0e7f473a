import type { FlowNode } from '../document/flow.ts'
import { gathersAll } from '../catalog/gathers.ts'
import { type Graph, infoOf, reach } from '../document/graph.ts'
import type { Problem } from '../schema/problem.ts'
import { type Json, own } from '../schema/schema.ts'
import { quote } from '../schema/wording.ts'

/**
 * A “changed only” lets through a part of what a run reads, and remembers it at once. What gathers all records after it
 * would add up that part alone, and after a run that failed half-way not even that.
 */
export function checkMemory(graph: Graph): readonly Problem[] {
  return [...graph.nodes.values()].flatMap((node) => {
    if (node.operation !== 'changed-only') return []
    const after = reach([node.id], (id) => (graph.out.get(id) ?? []).map((edge) => edge.to))
    const reached = new Set([node.id, ...after])
    const edge = graph.edges.find(
      ({ from, to, input }) => reached.has(from) && (input === 'with' || gathersAll(infoOf(graph, to)?.id ?? '')),
    )
    const gathering = edge && graph.nodes.get(edge.to)
    if (!gathering) return []
    const message = `${quote(node.name, 60)} lets only what changed through to ${quote(gathering.name, 60)}, which needs all records of a run; put it after that node.`
    return [{ code: 'CHANGED_BEFORE_GATHER', severity: 'error', node: node.id, message }]
  })
}

/** What the settings of a “changed only” lack together. */
export function checkChangedOnly(node: FlowNode, settings: Json): readonly Problem[] {
  const compare = own(settings, 'compare')
  const fields = own(settings, 'fields')
  if ((compare !== 'only' && compare !== 'all-but') || !Array.isArray(fields) || fields.length > 0) return []
  const message = `${quote(node.name, 60)}: the setting “Listed fields” is empty; list the fields that ${compare === 'only' ? 'count' : 'do not count'}, or compare all.`
  return [{ code: 'SETTING_MISSING', severity: 'error', node: node.id, field: 'fields', message }]
}
