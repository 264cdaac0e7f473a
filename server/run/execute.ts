import { fuse } from '../flow/plan/fuse.ts'
import { Park } from './call/attempt.ts'
import { at } from './walk/failed-at.ts'
import { failpoint } from './call/failpoint.ts'
import { readFeed } from './walk/feed.ts'
import { flushReady } from './walk/flush.ts'
import { FEED, LeaseLost, RunCancelled, RunPaused, type Standing } from './journal/journal.ts'
import { TraceUnwritable } from './journal/trace-unwritable.ts'
import type { RunParts } from './journal/parts.ts'
import { readAll } from './walk/read.ts'
import { closeCalls, lookAgain, nameDoubts } from './call/recover.ts'
import { bringsOldData } from './journal/run-start.ts'
import { RunState } from './walk/run-state.ts'

/**
 * Carries a run out, batch by batch, from wherever it stands. A batch settles only after every node downstream has dealt
 * with all of its records, so a run that dies half-way resumes at the batch after the last settled one.
 * @throws Park, StepError (pause, fail), LeaseLost, RunCancelled, RunPaused, Unclosed; anything else is a bug.
 */
export async function executeRun(parts: RunParts): Promise<void> {
  try {
    // Whoever wants it stopped does not wait for what can be asked of other systems first.
    await failpoint('execute.standing:before')
    const standing = await parts.journal.standing()
    await failpoint('execute.standing:after')
    await closeCalls(parts, 'resume')
    await lookAgain(parts)
    await carryOut(parts, standing)
    await nameDoubts(parts)
  } catch (error) {
    // Calls that were planned and never made must not hold their keys against the next run. Where this fails, the next
    // claim does it: so whoever would end the run has to know.
    const how = goesOn(error, parts.signal) ? 'rest' : 'end'
    await closeCalls(parts, how).catch((second: unknown) => {
      if (how === 'end') throw second instanceof LeaseLost ? second : new Unclosed(error, second)
    })
    throw error
  }
}

/** A run that is to end because of `of`, and whose calls could not be closed because of the cause. */
export class Unclosed extends Error {
  override name = 'Unclosed'
  readonly of: unknown

  constructor(of: unknown, cause: unknown) {
    super('What the run left open in the ledger could not be closed.', { cause })
    this.of = of
  }
}

/** Whether a run that stopped so is taken up again by somebody. */
function goesOn(error: unknown, { aborted, reason }: AbortSignal): boolean {
  const why: unknown = aborted ? reason : error
  if (why instanceof RunCancelled) return false
  return (
    aborted ||
    why instanceof Park ||
    why instanceof RunPaused ||
    why instanceof LeaseLost ||
    why instanceof TraceUnwritable
  )
}

async function carryOut(parts: RunParts, standing: Standing): Promise<void> {
  const run = await begin(parts, standing)
  const reads = run.sources()
  if (run.isFed && !run.isDone(FEED)) await readFeed(run)
  await flushReady(run)
  for (const read of reads) {
    if (!run.isDone(read.node.id)) await at(read.node.id, () => readAll(run, read))
    // A summary leaves when the last read that feeds it has come to its end.
    await flushReady(run)
  }
  if (run.moves && reads.some((read) => run.holds(read))) {
    await failpoint('execute.release-cursors:before')
    await parts.journal.releaseCursors()
    await failpoint('execute.release-cursors:after')
  }
}

async function begin(parts: RunParts, standing: Standing): Promise<RunState> {
  await failpoint('execute.begin:before')
  const start = parts.claim.start.kind === 'again' ? await parts.journal.began() : parts.claim.start
  // What failed before, or went into a step, may enter between two nodes that otherwise make one trip to the evaluator.
  const entersAnywhere = start.kind === 'exceptions' || start.kind === 'step' || start.kind === 'sample'
  const groups = entersAnywhere ? fuse(parts.plan, 'alone') : parts.groups
  const run = new RunState({ ...parts, groups, oldData: bringsOldData(parts.claim.start, start) }, standing, start)
  const reads = run.moves ? run.sources().filter((read) => !run.knows(read.node.id)) : []
  if (reads.length > 0) await parts.journal.begin(reads.map(({ node }) => ({ node: node.id, slot: node.slot ?? '' })))
  await failpoint('execute.begin:after')
  return run
}
