import { gathersAll } from '../../flow/catalog/gathers.ts'
import type { Plan } from '../../flow/plan/plan.ts'

/**
 * Whether a source feeds what a run gathers before it goes on: a summary, or the records a join keeps. If such a run
 * fails, the next one has to have the same records again.
 */
export function holds(plan: Plan, source: string): boolean {
  const looked = new Set<string>()
  const open = [source]
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const planned = plan.nodes.get(id)
    if (!planned || looked.has(id)) continue
    looked.add(id)
    if (gathersAll(planned.node.operation)) return true
    for (const [port, targets] of planned.ports) {
      if (port === 'done') continue
      for (const target of targets) {
        if (target.input === 'with') return true
        open.push(target.node)
      }
    }
  }
  return false
}
