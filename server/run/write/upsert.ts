import { randomUUID } from 'node:crypto'
import type { Outcome } from '../../../connectors/kit/connector.ts'
import { checkFirst } from './check-first.ts'
import { sameContent } from '../record/content-hash.ts'
import { failpoint } from '../call/failpoint.ts'
import { halves, MOST_REFUSALS, type Patience } from './halves.ts'
import type { NewCall } from '../journal/journal.ts'
import type { Payload } from './payloads.ts'
import { probe } from '../call/probe.ts'
import { intoCalls, send } from '../call/send.ts'
import { add, refuse, sentRecord, type Tallied } from './tallied.ts'
import type { WriteWork } from './write.ts'

/** Equal payloads of one key are one item with several records behind it. */
type Item = { readonly key: string; readonly payloads: Payload[] }

const writeItem = ({ key, payloads }: Item) => ({ key, value: payloads[0]!.value })

/** Same key, same result: one ledger row per call, and per key only where “changed only” needs it. */
export async function upsert(work: WriteWork, payloads: readonly Payload[], tallied: Tallied): Promise<void> {
  const { operation, ledger } = work
  const target = await ledger.target(work.connection, work.operationId)
  const once = work.policy === 'once-per-key'
  const remembered = once || work.policy === 'once-per-key-and-content'
  let wanted = payloads
  let known: ReadonlyMap<string, unknown> = new Map()
  if (remembered && payloads.length > 0) {
    await failpoint('write.find:before')
    const rows = await ledger.find(target, [...new Set(payloads.map((payload) => payload.key))])
    await failpoint('write.find:after')
    const sent = new Map(rows.map((row) => [row.document, row]))
    known = sent
    const differing = payloads.filter((payload) => {
      const row = sent.get(payload.key)
      return !(row?.state === 'confirmed' && (once || row.hash.equals(payload.hash)))
    })
    wanted = differing.filter((payload) => !sent.get(payload.key)?.newer)
    add(tallied.counts, 'unchanged', payloads.length - differing.length)
    if (wanted.length < differing.length) add(tallied.counts, 'superseded', differing.length - wanted.length)
  }
  const allowed = await checkFirst(
    work,
    itemsOf(wanted, once),
    (item) => ({ items: [writeItem(item)], payloads: item.payloads }),
    tallied,
  )
  for (const chunk of intoCalls(allowed, { maxBatch: operation.maxBatch })) {
    await make(work, { target, remembered, known }, chunk, tallied, { refusals: MOST_REFUSALS })
  }
}

/** Once per key, all payloads of a key are one item; else neighbours of equal content are. */
function itemsOf(payloads: readonly Payload[], once: boolean): Item[] {
  const items: Item[] = []
  const latest = new Map<string, Item>()
  for (const payload of payloads) {
    const same = latest.get(payload.key)
    if (same && (once || sameContent(same.payloads[0]!.value, payload.value))) {
      same.payloads.push(payload)
      continue
    }
    const item = { key: payload.key, payloads: [payload] }
    items.push(item)
    latest.set(payload.key, item)
  }
  return items
}

/** `known`: keys of which the ledger says what is there. */
type Place = { readonly target: number; readonly remembered: boolean; readonly known: ReadonlyMap<string, unknown> }

async function make(
  work: WriteWork,
  place: Place,
  items: readonly Item[],
  tallied: Tallied,
  patience: Patience,
): Promise<void> {
  const { operation, batch, ledger } = work
  const { target, remembered, known } = place
  const call: NewCall = {
    id: randomUUID(),
    target,
    node: work.node,
    batch: batch.number,
    state: 'sent',
    items: items.length,
  }
  await failpoint('ledger.open:before')
  const documents = items.flatMap(({ key }) => (known.has(key) ? [key] : []))
  await ledger.open([{ call, effects: [] }], [], documents.length > 0 ? { target, documents } : undefined)
  await failpoint('ledger.open:after')
  const writes = items.map(writeItem)
  const answer = await send({
    operation,
    context: work.context,
    items: writes,
    call: call.id,
    tally: work.tally,
    exchanges: work.exchanges,
    dry: work.dry,
  })
  if (answer.state === 'open') throw answer.error
  batch.answeredCalls.push({ call: call.id, state: answer.state === 'refused' ? 'refused' : 'answered' })
  const split = answer.state === 'refused' && patience.refusals-- > 0 ? halves(items, (item) => item) : undefined
  if (split) {
    for (const half of split) await make(work, place, half, tallied, patience)
    return
  }
  const outcomes = await lookedFor(work, writes, answer.outcomes)
  // By index: a pair for each of thousands would be an object more.
  for (let position = 0; position < items.length; position++) {
    const item = items[position]!
    const outcome = outcomes[position]!
    const [first] = item.payloads
    const { value } = first!
    tallied.sent.push(sentRecord(item.key, value, outcome))
    if (outcome.status !== 'confirmed') {
      for (const payload of item.payloads) refuse(tallied, payload, outcome)
      continue
    }
    add(tallied.counts, 'sent')
    if (remembered) batch.upserts.push({ target, key: item.key, hash: first!.hash, call: call.id, position })
    for (const reference of operation.confirms?.(work.settings as never, value) ?? []) {
      batch.confirm(work.connection, reference)
    }
  }
}

/** Items of which the other system did not say what became of them are looked for. */
async function lookedFor(
  work: WriteWork,
  items: readonly { readonly key: string; readonly value: Payload['value'] }[],
  outcomes: readonly Outcome[],
): Promise<readonly Outcome[]> {
  const unsure = items.filter((_, at) => outcomes[at]!.status === 'unknown')
  if (unsure.length === 0) return outcomes
  const found = await probe(work, unsure, 0)
  const arrived = new Set(unsure.filter((_, at) => found?.[at] === 'arrived'))
  return outcomes.map((outcome, at) => (arrived.has(items[at]!) ? { status: 'confirmed' } : outcome))
}
