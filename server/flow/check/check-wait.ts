import type { FlowNode } from '../document/flow.ts'
import { gathers } from '../catalog/gathers.ts'
import { type Graph, infoOf, reach } from '../document/graph.ts'
import type { Problem } from '../schema/problem.ts'
import { type Json, own } from '../schema/schema.ts'
import { quote } from '../schema/wording.ts'
import { zoneComplaint } from '../schema/zone.ts'

/** What the schema of a wait cannot say: which settings belong together. */
export function checkWait(node: FlowNode, settings: Json): readonly Problem[] {
  const wrong = (code: 'SETTING_MISSING' | 'SETTING_INVALID', field: string, says: string): Problem => ({
    ...{ code, severity: 'error', node: node.id, field },
    message: `${quote(node.name, 60)}: ${says}`,
  })
  const missing = (field: string, title: string, says: string) =>
    own(settings, field) === undefined
      ? [wrong('SETTING_MISSING', field, `the setting “${title}” is missing; ${says}`)]
      : []
  const zone = own(settings, 'zone')
  const noZone = typeof zone === 'string' ? zoneComplaint(zone) : undefined
  const zones = noZone === undefined ? [] : [wrong('SETTING_INVALID', 'zone', noZone)]
  switch (own(settings, 'until')) {
    case 'field':
      return [
        ...missing('path', 'Field with the time', 'say where the time stands in the record.'),
        ...(own(settings, 'time') === undefined
          ? []
          : missing('zone', 'Time zone (IANA)', 'a time of day needs one such as “Europe/London”.')),
        ...zones,
      ]
    case 'duration':
      return [
        ...missing('amount', 'How long', 'fill in a whole number.'),
        ...missing('unit', 'Unit', 'choose minutes, hours or days.'),
        ...zones,
      ]
    case 'clock':
      return [
        ...missing('time', 'Time of day', 'fill in one such as “09:00”.'),
        ...missing('zone', 'Time zone (IANA)', 'fill in one such as “Europe/London”.'),
        ...zones,
      ]
    default:
      return zones
  }
}

/** What waited comes out in a run of its own: a node that needs all records of a run would meet it there alone. */
export function checkWaitPlace(graph: Graph): readonly Problem[] {
  return [...graph.nodes.values()].flatMap((node) => {
    if (node.operation !== 'wait') return []
    const after = reach([node.id], (id) => (graph.out.get(id) ?? []).map((edge) => edge.to))
    const found = [...after].find((id) => gathers(infoOf(graph, id)?.id ?? ''))
    const gathering = found === undefined ? undefined : graph.nodes.get(found)
    if (!gathering) return []
    const message = `${quote(node.name, 60)} lets records go on in a later run, and ${quote(gathering.name, 60)} needs all records of one run; wait after that node.`
    return [{ code: 'WAIT_BEFORE_GATHER', severity: 'error', node: node.id, message }]
  })
}
