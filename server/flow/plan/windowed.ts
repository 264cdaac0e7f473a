import type { Plan, PlannedNode } from './plan.ts'

/**
 * Whether a run over a window of days reads this node as a whole: it is only looked into by joins, so none of its records
 * is sent on by itself.
 */
export function isReadWhole(plan: Plan, read: PlannedNode): boolean {
  const looked = new Set<string>()
  const open = [read.node.id]
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const planned = plan.nodes.get(id)
    if (!planned || looked.has(id)) continue
    looked.add(id)
    if (planned.info.kind === 'write') return false
    for (const [port, targets] of planned.ports) {
      if (port === 'done') continue
      for (const target of targets) if (target.input !== 'with') open.push(target.node)
    }
  }
  return true
}

/** Reads that a trigger leads to, also over the `done` of other reads, in the plan's order. */
export function readsBehindTrigger(plan: Plan, trigger: string): readonly PlannedNode[] {
  const reached = new Set<string>()
  const open = [trigger]
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (reached.has(id)) continue
    reached.add(id)
    for (const targets of plan.nodes.get(id)?.ports.values() ?? []) for (const target of targets) open.push(target.node)
  }
  return plan.reads.filter((read) => reached.has(read.node.id))
}
