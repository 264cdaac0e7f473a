import type { Policy } from '../../../connectors/kit/connector.ts'
import { type Planned, dial } from './dial.ts'
import { failpoint } from '../call/failpoint.ts'
import type { LedgerRow } from '../journal/journal.ts'
import type { Payload } from './payloads.ts'
import { itemKey } from '../call/probe.ts'
import { intoCalls } from '../call/send.ts'
import { checkFirst } from './check-first.ts'
import { add, hold, type Tallied } from './tallied.ts'
import type { WriteWork } from './write.ts'

const isSent = ({ kind, state }: LedgerRow) => kind === 's' && (state === 'confirmed' || state === 'reversed')

/** Whether what was sent under another policy, by another flow or before somebody chose this one, is what is wanted. */
function says(policy: Policy, row: LedgerRow, payload: Payload): boolean {
  if (!isSent(row)) return false
  return policy === 'once-per-key' || (policy === 'once-per-key-and-content' && row.hash.equals(payload.hash))
}

/** Another run is sending for this key, under whatever policy. */
const holdsKey = (policy: Policy, { state }: LedgerRow) =>
  policy === 'once-per-key' && (state === 'sent' || state === 'intended')

/** A document without rows takes up no key: its rows may come later. */
function countsForNothing({ operation: { difference }, settings }: WriteWork, { value }: Payload): boolean {
  return difference !== undefined && difference.rows(settings as never, value).length === 0
}

/** Once per key, once per key and content, or every time, for what the other system would do again. */
export async function sendOnce(
  work: WriteWork,
  payloads: readonly Payload[],
  nth: ReadonlyMap<Payload, number>,
  tallied: Tallied,
): Promise<void> {
  const { ledger } = work
  const target = await ledger.target(work.connection, work.operationId)
  const partOf = (payload: Payload) => {
    if (work.policy === 'once-per-key') return ''
    if (work.policy === 'once-per-key-and-content') return payload.hash.toString('hex')
    return `${work.occasion}.${nth.get(payload) ?? 0}`
  }
  await failpoint('write.find:before')
  const rows = Map.groupBy(
    await ledger.find(target, [...new Set(payloads.map((payload) => payload.key))]),
    (row) => row.document,
  )
  await failpoint('write.find:after')

  const ready: { key: string; payload: Payload; part: string }[] = []
  const forget: { target: number; document: string; part: string }[] = []
  const inThisBatch = new Set<string>()
  for (const payload of payloads) {
    const part = partOf(payload)
    const place = `${payload.key}\0${part}`
    const known = rows.get(payload.key) ?? []
    const row = known.find((one) => one.part === part)
    if (
      inThisBatch.has(place) ||
      known.some((one) => (one.part === part ? isSent(one) : says(work.policy, one, payload)))
    ) {
      add(tallied.counts, 'unchanged')
      continue
    }
    if (countsForNothing(work, payload)) {
      add(tallied.counts, 'nothing')
      continue
    }
    const open =
      row && row.state !== 'rejected' ? row : known.find((one) => one.state === 'unknown' || holdsKey(work.policy, one))
    if (open) {
      hold(tallied, payload, open, target)
      continue
    }
    if (row) forget.push({ target, document: payload.key, part })
    inThisBatch.add(place)
    ready.push({ key: payload.key, payload, part })
  }
  const allowed = await checkFirst(
    work,
    ready,
    ({ key, payload, part }) => ({ items: [{ key: itemKey(key, part), value: payload.value }], payloads: [payload] }),
    tallied,
  )
  const { maxBatch, share } = work.operation
  const size = {
    maxBatch,
    shareOf: share && (({ payload }: { payload: Payload }) => share(work.settings as never, payload.value)),
  }
  const calls = intoCalls(allowed, size).map((chunk): readonly Planned[] =>
    chunk.map(({ key, payload, part }) => ({
      item: { key: itemKey(key, part), value: payload.value },
      effect: { document: key, part, kind: 's', hash: payload.hash, position: 0 },
      payload,
    })),
  )
  await dial(work, target, calls, forget, tallied)
}
