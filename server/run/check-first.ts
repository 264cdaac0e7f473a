import { attempt } from './attempt.ts'
import { failpoint } from './failpoint.ts'
import type { Payload } from './payloads.ts'
import { refuse, type Tallied } from './tallied.ts'
import type { WriteWork } from './write.ts'

/** Sets aside what the other system would refuse, where the operation can find that out beforehand. */
export async function checkFirst<T extends { readonly payload: Payload }>(
  work: WriteWork,
  ready: readonly T[],
  keyOf: (one: T) => string,
  tallied: Tallied,
): Promise<readonly T[]> {
  const { operation, context, tally } = work
  const { check } = operation
  if (!check || ready.length === 0) return ready
  const items = ready.map((one) => ({ key: keyOf(one), value: one.payload.value }))
  const verdicts = await attempt(tally, context.signal, async () => {
    await failpoint('check.ask:before')
    return check(context, items)
  })
  return ready.filter((one, at) => {
    const verdict = verdicts[at]
    if (verdict) refuse(tallied, one.payload, verdict)
    return verdict === undefined
  })
}
