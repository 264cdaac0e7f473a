import { type Planned, dial } from './dial.ts'
import { failpoint } from '../call/failpoint.ts'
import type { LedgerRow } from '../journal/journal.ts'
import type { Payload } from './payloads.ts'
import { itemKey } from '../call/probe.ts'
import { intoCalls } from '../call/send.ts'
import { checkFirst } from './check-first.ts'
import { add, hold, type Tallied } from './tallied.ts'
import type { WriteWork } from './write.ts'

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
  const known = new Map<string, LedgerRow>()
  const doubtful = new Map<string, LedgerRow>()
  await failpoint('write.find:before')
  for (const row of await ledger.find(target, [...new Set(payloads.map((payload) => payload.key))])) {
    known.set(`${row.document}\0${row.part}`, row)
    if (row.state === 'unknown') doubtful.set(row.document, row)
  }
  await failpoint('write.find:after')

  const ready: { key: string; payload: Payload; part: string }[] = []
  const forget: { target: number; document: string; part: string }[] = []
  const inThisBatch = new Set<string>()
  for (const payload of payloads) {
    const part = partOf(payload)
    const place = `${payload.key}\0${part}`
    const row = known.get(place)
    if (inThisBatch.has(place) || row?.state === 'confirmed' || row?.state === 'reversed') {
      add(tallied.counts, 'unchanged')
      continue
    }
    const open = row && row.state !== 'rejected' ? row : doubtful.get(payload.key)
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
