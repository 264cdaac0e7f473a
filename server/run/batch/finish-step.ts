import type { PlannedNode } from '../../flow/plan/plan.ts'
import type { Tally } from '../call/attempt.ts'
import type { Batch } from './batch.ts'
import type { Exchange } from '../journal/parts.ts'
import { tracePayload } from './trace.ts'

/** Notes in the batch what a step took and counted. `before`: when it began, by `performance.now()`. */
export function finishStep(
  batch: Batch,
  { node, order }: PlannedNode,
  startedAt: Date,
  before: number,
  counts: { readonly [name: string]: number },
  tally?: Tally,
  exchanges: readonly Exchange[] = [],
): void {
  const waitingMs = (tally?.waitingMs ?? 0) + exchanges.reduce((sum, one) => sum + one.waitedMs, 0)
  batch.count('calls', exchanges.length)
  batch.steps.push({
    node: node.id,
    position: order,
    operation: node.operation,
    startedAt,
    waitingMs,
    workingMs: Math.max(0, performance.now() - before - waitingMs),
    calls: exchanges.length,
    attempts: 1 + (tally?.retries ?? 0),
    counts,
    exchanges,
  })
  if (exchanges.length > 0) batch.trace(tracePayload(node.id, 'http', [...exchanges], 'full'))
}
