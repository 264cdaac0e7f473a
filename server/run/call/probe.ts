import type { Context, WriteItem, WriteOperation } from '../../../connectors/kit/connector.ts'
import { StepError } from '../../../connectors/kit/errors.ts'
import { attempt, Park, type Tally } from './attempt.ts'
import { failpoint } from './failpoint.ts'
import { ABSENT_AFTER_MS } from '../journal/absent-after.ts'
import type { DoubtfulCall, DoubtfulEffect, Ledger, Probed } from '../journal/journal.ts'

export type ProbeWork = {
  readonly operation: WriteOperation
  readonly context: Context<never>
  readonly tally: Tally
}

/** `early`: it is not there, but may still come. */
export type Found = Probed | 'early'

/** Looks in the other system whether items arrived; undefined where an operation cannot be looked for. */
export async function probe(
  { operation, context, tally }: ProbeWork,
  items: readonly WriteItem[],
  quietMs: number,
): Promise<readonly Found[] | undefined> {
  const look = operation.probe
  if (!look) return undefined
  let found: readonly Probed[]
  try {
    found = await attempt(tally, context.signal, async () => {
      await failpoint('probe.look:before')
      const answers = await look(context, items)
      await failpoint('probe.look:after')
      return answers
    })
  } catch (error) {
    // Where looking fails, nothing is known, and that is all: the effect stays in doubt.
    if (!(error instanceof StepError || error instanceof Park)) throw error
    return items.map(() => 'unclear')
  }
  return items.map((_, at) => {
    const answer = found[at] ?? 'unclear'
    return answer === 'absent' && quietMs < ABSENT_AFTER_MS ? 'early' : answer
  })
}

/** Puts the run down until a call that has been quiet for so long can be taken for never arrived. */
export const early = (quietMs: number): Park =>
  new Park(
    Math.max(1_000, ABSENT_AFTER_MS - quietMs),
    new Error('A call is looked for again that nobody heard the answer of.'),
  )

/** What can be written down of it now. */
export const settledOf = (found: readonly Found[]): Probed[] => found.map((one) => (one === 'early' ? 'unclear' : one))

export const itemOf = ({ document, part, value }: DoubtfulEffect): WriteItem => ({
  key: itemKey(document, part),
  value,
})

/** The key of one effect as operations see it. */
export const itemKey = (document: string, part: string): string => (part === '' ? document : `${document}/${part}`)

/** The first look comes at once, the next ones after 1, 2, 4 … minutes, and never less often than once an hour. */
const FIRST_PAUSE_MS = 60_000
const LONGEST_PAUSE_MS = 3_600_000

export function isTimeToLook({ probes, probedMsAgo }: DoubtfulCall): boolean {
  // A look that is still to come was before the database's clock was set back.
  if (probedMsAgo === undefined || probedMsAgo < 0) return true
  return probedMsAgo >= Math.min(FIRST_PAUSE_MS * 2 ** (probes - 1), LONGEST_PAUSE_MS)
}

/** Calls that are looked for when a run begins, at most. */
const MOST_CALLS = 20

/** Looks for effects in doubt of one operation, of this run and others. What arrived counts, what did not is forgotten. */
export async function lookForDoubts(work: ProbeWork, ledger: Ledger, target: number): Promise<void> {
  if (!work.operation.probe) return
  await failpoint('probe.doubtful:before')
  const doubtful = await ledger.doubtful(target, MOST_CALLS)
  await failpoint('probe.doubtful:after')
  for (const call of doubtful) {
    work.context.signal.throwIfAborted()
    if (!isTimeToLook(call)) continue
    await failpoint('probe.looking:before')
    const isOurs = await ledger.looking(call)
    await failpoint('probe.looking:after')
    if (!isOurs) continue
    const found = await probe(work, call.effects.map(itemOf), call.quietMs)
    if (!found) continue
    await failpoint('probe.found:before')
    await ledger.found(call, settledOf(found))
    await failpoint('probe.found:after')
  }
}
