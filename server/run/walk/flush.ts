import type { PlannedNode } from '../../flow/plan/plan.ts'
import { nextCompared } from '../node/compare-flush.ts'
import { at } from './failed-at.ts'
import type { NextGathered } from '../node/gathered.ts'
import { countsOf } from '../node/pure-step.ts'
import type { RunState } from './run-state.ts'
import { settleDone, walkAndSettle } from './settle.ts'
import { nextGroups } from '../node/summary-flush.ts'

const NEXT: ReadonlyMap<string, NextGathered> = new Map([
  ['compare', nextCompared],
  ['summarise', nextGroups],
])

/** Lets nodes leave that gathered a whole run, and whose every source has ended. */
export async function flushReady(run: RunState): Promise<void> {
  for (const node of run.readyToFlush()) await at(node.node.id, () => flush(run, node))
}

/** Page by page; each is a batch that settles once, and a run that dies resumes at the page after it. */
async function flush(run: RunState, planned: PlannedNode): Promise<void> {
  const { node, order } = planned
  const nextOf = NEXT.get(node.operation)
  if (!nextOf) throw new Error(`Nobody knows how “${node.operation}” leaves.`)
  let cursor = run.cursorOf(node.id)
  for (let left = 0; ; left++) {
    run.parts.signal.throwIfAborted()
    const startedAt = new Date()
    const next = await nextOf(run.parts, planned, cursor)
    if (!next) {
      // What gathered nothing leaves nothing to write down.
      if (left > 0) await settleDone(run, node.id)
      else run.markDone(node.id)
      return
    }
    cursor = next.cursor
    const batch = run.newBatch()
    const counts = countsOf(next)
    batch.steps.push({
      node: node.id,
      position: order,
      operation: node.operation,
      startedAt,
      waitingMs: 0,
      workingMs: Date.now() - startedAt.getTime(),
      calls: 0,
      attempts: 1,
      counts: next.rejected.length > 0 ? { ...counts, rejected: next.rejected.length } : counts,
    })
    await walkAndSettle(run, batch, (walk) => walk.gathered(planned, next), {
      node: node.id,
      cursor,
      done: next.last ?? false,
      records: Object.values(next.ports).reduce((sum, records) => sum + records.length, 0),
    })
    if (next.last) {
      run.markDone(node.id)
      return
    }
  }
}
