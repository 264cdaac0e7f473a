import type { Batch } from '../batch/batch.ts'
import { failpoint } from '../call/failpoint.ts'
import type { SettledBatch } from '../journal/journal.ts'
import type { RunState } from './run-state.ts'
import { Walk } from './walk.ts'

/**
 * Takes a batch through the plan and settles it, once `turn` says that the batch before has settled. `ended` is asked
 * then: a source that came to its end meanwhile is done with this batch.
 */
export async function walkAndSettle(
  run: RunState,
  batch: Batch,
  go: (walk: Walk) => Promise<void>,
  source: SettledBatch['source'],
  turn: Promise<void> = Promise.resolve(),
  ended: () => boolean = () => source.done,
): Promise<void> {
  await go(new Walk(run.parts, batch, run.finds, turn))
  const settled = await batch.settled(source)
  await turn
  const done = ended()
  await settle(run, done === source.done ? settled : { ...settled, source: { ...source, done } })
  if (done) run.markDone(source.node)
}

export async function settleDone(run: RunState, node: string): Promise<void> {
  await settle(run, await run.newBatch().settled({ node, cursor: undefined, done: true, records: 0 }))
  run.markDone(node)
}

async function settle(run: RunState, batch: SettledBatch): Promise<void> {
  await failpoint('execute.settle:before')
  await run.parts.journal.settle(batch)
  await failpoint('execute.settle:after')
}
