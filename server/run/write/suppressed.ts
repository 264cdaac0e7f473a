import type { Reference } from '../../../connectors/kit/connector.ts'
import { failpoint } from '../call/failpoint.ts'
import type { Payload } from './payloads.ts'
import type { Verdict } from './tallied.ts'
import type { WriteWork } from './write.ts'

/**
 * Sets aside payloads about people who were erased: they are never sent, so that nobody comes back by a sync. Asked
 * anew for each batch; who is added while a call is on its way may still be in that call.
 */
export async function withoutSuppressed(
  work: WriteWork,
  payloads: readonly Payload[],
  verdicts: Map<Payload, Verdict>,
): Promise<readonly Payload[]> {
  const { operation } = work
  if (!operation.subjects || payloads.length === 0) return payloads
  await failpoint('write.suppressed:before')
  const found = await work.ledger.suppressed(() =>
    payloads.map((payload) => operation.subjects?.(work.settings as never, payload.value) ?? []),
  )
  await failpoint('write.suppressed:after')
  if (found.size === 0) return payloads
  for (const index of found) {
    verdicts.set(payloads[index]!, {
      code: 'SUPPRESSED',
      message:
        'Not sent: this person was erased, or is gone over there, and stands in the suppression list. ' +
        'Whoever answers for it can lift the entry; then this can be tried again.',
    })
  }
  return payloads.filter((_, index) => !found.has(index))
}

/** Notes whom a step erases before it does: a crash in between leaves somebody listed, never somebody who comes back. */
export async function noteErased(work: WriteWork, payloads: readonly Payload[]): Promise<void> {
  const { operation } = work
  if (!operation.erases) return
  const erased = payloads.flatMap((payload) => operation.erases?.(work.settings as never, payload.value) ?? [])
  if (erased.length === 0) return
  await work.ledger.suppress(work.node, erased, 'Erased by a flow.')
}

/** Notes whom a step keeps from coming back, of those that the other system has confirmed just now. */
export async function noteBarred(work: WriteWork, confirmed: readonly Payload[]): Promise<void> {
  const { operation } = work
  if (!operation.bars) return
  const byReason = new Map<string, Reference[]>()
  for (const { value } of confirmed) {
    const { people, reason } = operation.bars(work.settings as never, value)
    byReason.set(reason, [...(byReason.get(reason) ?? []), ...people])
  }
  for (const [reason, people] of byReason) await work.ledger.suppress(work.node, people, reason)
}
