import type { WriteItem } from '../../../connectors/kit/connector.ts'
import { attempt } from '../call/attempt.ts'
import { failpoint } from '../call/failpoint.ts'
import type { Payload } from './payloads.ts'
import { refuse, type Tallied } from './tallied.ts'
import type { WriteWork } from './write.ts'

/** What goes out together or not at all, and the payloads that stand or fall with it. */
export type Unit = { readonly items: readonly WriteItem[]; readonly payloads: readonly Payload[] }

/**
 * Sets aside what the other system would refuse, where the operation can find that out beforehand. A unit of which one
 * item would be refused stays behind as a whole: half a document is worse than none.
 */
export async function checkFirst<T>(
  work: WriteWork,
  ready: readonly T[],
  unitOf: (one: T) => Unit,
  tallied: Tallied,
): Promise<readonly T[]> {
  const { operation, context, tally } = work
  const { check } = operation
  if (!check || ready.length === 0) return ready
  const units = ready.map(unitOf)
  const items = units.flatMap((unit) => unit.items)
  const verdicts = await attempt(tally, context.signal, async () => {
    await failpoint('check.ask:before')
    const answered = await check(context, items)
    await failpoint('check.ask:after')
    return answered
  })
  if (verdicts.length !== items.length) {
    throw new Error(`${operation.name} answered ${verdicts.length} checks for ${items.length} items`)
  }
  let next = 0
  const refused = units.map(({ items: mine, payloads }) => {
    const verdict = verdicts.slice(next, next + mine.length).find((one) => one !== undefined)
    next += mine.length
    if (verdict) for (const payload of payloads) refuse(tallied, payload, verdict)
    return verdict !== undefined
  })
  return ready.filter((_, at) => !refused[at])
}
