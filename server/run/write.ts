import { randomUUID } from 'node:crypto'
import type { Context, DataRecord, Outcome, Policy, WriteItem, WriteOperation } from '../../connectors/kit/connector.ts'
import type { Tally } from './attempt.ts'
import type { Batch, Rejected } from './batch.ts'
import { contentHash } from './content-hash.ts'
import { takeDifference } from './difference.ts'
import type { EffectMark, Ledger, LedgerRow, NewCall, NewEffect } from './journal.ts'
import { KeyTaken } from './journal.ts'
import { type Payload, preparePayloads } from './payloads.ts'
import { intoCalls, send, sendBisected } from './send.ts'

/** What a write node works with in one batch. */
export type WriteWork = {
  readonly node: string
  readonly operation: WriteOperation
  /** The operation's id, `emarsys.send-sales`. */
  readonly operationId: string
  readonly connection: string
  readonly settings: { readonly [name: string]: unknown }
  readonly policy: Policy
  readonly context: Context<never>
  readonly ledger: Ledger
  readonly batch: Batch
  readonly tally: Tally
  /** Requests that went out so far. */
  readonly exchanged: () => number
  /** Run and batch, for the keys of `every-time`. */
  readonly occasion: string
}

export type Written = {
  /** Records none of whose payloads was rejected or unknown. */
  readonly out: readonly DataRecord[]
  readonly rejected: readonly Rejected[]
  readonly counts: { readonly [name: string]: number }
  /** What was sent, for the trace. */
  readonly sent: readonly DataRecord[]
}

/** Per payload: why its record is rejected, or nothing. */
type Verdicts = Map<Payload, { readonly code: string; readonly message: string; readonly remote?: string | undefined }>

type Tallied = { verdicts: Verdicts; sent: DataRecord[]; counts: { [name: string]: number } }

/**
 * Sends what the records of a batch yield, through the ledger. `yielded` holds each record's payloads as the node's
 * expression gave them; a record that yielded nothing passes on untouched.
 */
export async function writeRecords(
  work: WriteWork,
  records: readonly DataRecord[],
  yielded: readonly { readonly origin: number; readonly value: unknown }[],
): Promise<Written> {
  const prepared = preparePayloads(work.operation, work.settings as never, yielded, records)
  const verdicts: Verdicts = new Map()
  const ready = await withConfirmedReferences(work, prepared.payloads, verdicts)
  const yielding = new Set(yielded.map((one) => one.origin))
  const tallied: Tallied = { verdicts, sent: [], counts: { nothing: records.length - yielding.size } }

  if (work.operation.effect === 'upsert') await upsert(work, ready, tallied)
  else await besideOthers(work, ready, tallied)

  const rejected = new Map(prepared.rejected)
  for (const payload of prepared.payloads) {
    const verdict = verdicts.get(payload)
    if (!verdict || rejected.has(payload.origin)) continue
    rejected.set(payload.origin, { record: records[payload.origin]!, ...verdict, businessKey: payload.key })
  }
  const out = records.filter((_, index) => !rejected.has(index))
  return {
    out,
    rejected: [...rejected.values()],
    sent: tallied.sent,
    counts: {
      in: records.length,
      out: out.length,
      rejected: rejected.size,
      ...tallied.counts,
    },
  }
}

/** Sets aside payloads that rest on something nobody has confirmed on this connection. */
async function withConfirmedReferences(
  work: WriteWork,
  payloads: readonly Payload[],
  verdicts: Verdicts,
): Promise<Payload[]> {
  const open = payloads.flatMap((payload) =>
    payload.requires
      .filter((reference) => !work.batch.isConfirmed(work.connection, reference))
      .map((reference) => ({ payload, reference })),
  )
  if (open.length === 0) return [...payloads]
  const confirmed = await work.ledger.confirmed(
    work.connection,
    open.map((one) => one.reference),
  )
  for (const [index, { payload, reference }] of open.entries()) {
    if (confirmed.has(index)) continue
    verdicts.set(payload, {
      code: 'CONTACT_NOT_CONFIRMED',
      message:
        `“${payload.key}” was not sent: nobody has confirmed its ${reference.kind} in this account yet. ` +
        `Send the ${reference.kind} first, then this again.`,
    })
  }
  return payloads.filter((payload) => !verdicts.has(payload))
}

/** How often a batch is compared with the ledger anew because another run came first with some of its effects. */
const MOST_COMPARISONS = 3

/** What can be sent only once. Another run may come first with a key: then the ledger tells which, and the rest goes on. */
async function besideOthers(work: WriteWork, payloads: readonly Payload[], tallied: Tallied): Promise<void> {
  for (let compared = 1; compared <= MOST_COMPARISONS; compared++) {
    const trial: Tallied = { verdicts: new Map(), sent: [], counts: {} }
    try {
      if (work.policy === 'difference') await sendDifference(work, payloads, trial)
      else await sendOnce(work, payloads, trial)
    } catch (error) {
      // Thrown before anything was dialled.
      if (error instanceof KeyTaken) continue
      throw error
    }
    for (const [payload, verdict] of trial.verdicts) tallied.verdicts.set(payload, verdict)
    tallied.sent.push(...trial.sent)
    for (const [name, count] of Object.entries(trial.counts)) add(tallied.counts, name, count)
    return
  }
  for (const payload of payloads) tallied.verdicts.set(payload, busy(payload))
}

const busy = (payload: Payload) => ({
  code: 'KEY_BUSY',
  message: `Another run is sending “${payload.key}” at this moment. Send it again later.`,
})

function add(counts: Tallied['counts'], name: string, more = 1): void {
  counts[name] = (counts[name] ?? 0) + more
}

/** Same key, same result: one ledger row per call, and per key only where “changed only” needs it. */
async function upsert(work: WriteWork, payloads: readonly Payload[], tallied: Tallied): Promise<void> {
  const { operation, batch, ledger } = work
  const target = await ledger.target(work.connection, work.operationId)
  const once = work.policy === 'once-per-key'
  const remembered = once || work.policy === 'once-per-key-and-content'
  let wanted = payloads
  if (remembered && payloads.length > 0) {
    const known = new Map(
      (await ledger.find(target, [...new Set(payloads.map((payload) => payload.key))])).map((row) => [
        row.document,
        row,
      ]),
    )
    wanted = payloads.filter((payload) => {
      const row = known.get(payload.key)
      return !(row?.state === 'confirmed' && (once || row.hash.equals(payload.hash)))
    })
    add(tallied.counts, 'unchanged', payloads.length - wanted.length)
  }

  // Equal payloads of one key are one item with several records behind it; once per key, all of them are.
  const items: { key: string; payloads: Payload[] }[] = []
  const latest = new Map<string, { key: string; payloads: Payload[] }>()
  for (const payload of wanted) {
    const same = latest.get(payload.key)
    if (same && (once || same.payloads[0]!.hash.equals(payload.hash))) {
      same.payloads.push(payload)
      continue
    }
    const item = { key: payload.key, payloads: [payload] }
    items.push(item)
    latest.set(payload.key, item)
  }

  for (const chunk of intoCalls(items, operation.maxBatch)) {
    const call: NewCall = {
      id: randomUUID(),
      target,
      node: work.node,
      batch: batch.number,
      state: 'sent',
      items: chunk.length,
    }
    await ledger.open([{ call, effects: [] }])
    const answer = await sendBisected(
      operation,
      work.context,
      chunk.map((item) => ({ key: item.key, value: item.payloads[0]!.value })),
      call,
      work.tally,
      work.exchanged,
    )
    batch.answeredCalls.push({ call: call.id, state: answer.state === 'refused' ? 'refused' : 'answered' })
    for (const [position, item] of chunk.entries()) {
      const outcome = answer.outcomes[position]!
      tallied.sent.push(sentRecord(item.key, item.payloads[0]!.value, outcome))
      if (outcome.status === 'confirmed') {
        add(tallied.counts, 'sent')
        if (remembered) {
          batch.upserts.push({ target, key: item.key, hash: item.payloads[0]!.hash, call: call.id, position })
        }
        for (const reference of operation.confirms?.(work.settings as never, item.payloads[0]!.value) ?? []) {
          batch.confirm(work.connection, reference)
        }
      } else {
        for (const payload of item.payloads) refuse(tallied, payload, outcome)
      }
    }
  }
}

/** Once per key, once per key and content, or every time, for what the remote cannot tell apart. */
async function sendOnce(work: WriteWork, payloads: readonly Payload[], tallied: Tallied): Promise<void> {
  const { ledger } = work
  const target = await ledger.target(work.connection, work.operationId)
  const partOf = (payload: Payload, index: number) => {
    if (work.policy === 'once-per-key') return ''
    if (work.policy === 'once-per-key-and-content') return payload.hash.toString('hex')
    return `${work.occasion}.${index}`
  }
  const known = new Map<string, LedgerRow>()
  for (const row of await ledger.find(target, [...new Set(payloads.map((payload) => payload.key))])) {
    known.set(`${row.document}\0${row.part}`, row)
  }

  const ready: { key: string; payload: Payload; part: string }[] = []
  const forget: { target: number; document: string; part: string }[] = []
  const inThisBatch = new Set<string>()
  for (const [index, payload] of payloads.entries()) {
    const part = partOf(payload, index)
    const place = `${payload.key}\0${part}`
    const row = known.get(place)
    if (inThisBatch.has(place) || row?.state === 'confirmed' || row?.state === 'reversed') {
      add(tallied.counts, 'unchanged')
      continue
    }
    if (row && row.state !== 'rejected') {
      hold(tallied, payload, row)
      continue
    }
    if (row) forget.push({ target, document: payload.key, part })
    inThisBatch.add(place)
    ready.push({ key: payload.key, payload, part })
  }
  const calls = intoCalls(ready, work.operation.maxBatch).map((chunk) => ({
    items: chunk.map((one) => ({
      key: one.part === '' ? one.key : `${one.key}/${one.part}`,
      value: one.payload.value,
    })),
    effects: chunk.map(
      (one, position): NewEffect => ({
        document: one.key,
        part: one.part,
        kind: 's',
        hash: one.payload.hash,
        position,
      }),
    ),
    payloads: chunk.map((one) => one.payload),
  }))
  await dial(work, target, calls, forget, tallied)
}

/** Per document: the rows that are missing, and reversals of those that should no longer be there. */
async function sendDifference(work: WriteWork, payloads: readonly Payload[], tallied: Tallied): Promise<void> {
  const { operation, ledger } = work
  const { difference } = operation
  if (!difference) throw new Error(`${operation.name} has no rows to take a difference of`)
  const target = await ledger.target(work.connection, work.operationId)
  const settings = work.settings as never

  // A document that comes twice in a batch: its last state counts.
  const latest = new Map(payloads.map((payload) => [payload.key, payload]))
  add(tallied.counts, 'superseded', payloads.length - latest.size)
  const ledgerRows = new Map<string, LedgerRow[]>()
  for (const row of await ledger.find(target, [...latest.keys()])) {
    const rows = ledgerRows.get(row.document)
    if (rows) rows.push(row)
    else ledgerRows.set(row.document, [row])
  }

  const changes: {
    key: string
    payload: Payload
    reverse: readonly LedgerRow[]
    add: readonly DataRecord[]
    version: number
  }[] = []
  for (const payload of latest.values()) {
    const rows = ledgerRows.get(payload.key) ?? []
    const doubtful = rows.find((row) => row.state === 'unknown' || row.state === 'sent' || row.state === 'intended')
    if (doubtful) {
      hold(tallied, payload, doubtful)
      continue
    }
    const wanted = difference.rows(settings, payload.value).map((value) => ({ value, hash: rowHash(value) }))
    const change = takeDifference(wanted, rows)
    if (change.add.length === 0 && change.reverse.length === 0)
      add(tallied.counts, wanted.length > 0 ? 'unchanged' : 'nothing')
    else changes.push({ key: payload.key, payload, ...change })
  }

  const old = await ledger.values([...new Set(changes.flatMap((change) => change.reverse.map((row) => row.call)))])
  const documents = changes.map((change) => {
    const items: WriteItem[] = []
    const effects: NewEffect[] = []
    for (const [index, row] of change.reverse.entries()) {
      const value = old.get(row.call)?.[row.position]
      if (!value) throw new Error(`The ledger lost what call ${row.call} sent at ${row.position}`)
      const part = `v${change.version}.r${index}`
      const reversal = difference.reverse(settings, value)
      effects.push({ document: change.key, part, kind: 'r', reverses: row.part, hash: rowHash(reversal), position: 0 })
      items.push({ key: `${change.key}/${part}`, value: reversal })
    }
    for (const [index, value] of change.add.entries()) {
      const part = `v${change.version}.${index}`
      effects.push({ document: change.key, part, kind: 's', hash: rowHash(value), position: 0 })
      items.push({ key: `${change.key}/${part}`, value })
    }
    return { payload: change.payload, items, effects, undone: change.reverse }
  })
  await dial(work, target, packDocuments(documents, operation.maxBatch), [], tallied)
}

const hashes = new WeakMap<DataRecord, Buffer>()

/** The hash of a row, taken once per row object. */
function rowHash(value: DataRecord): Buffer {
  let known = hashes.get(value)
  if (!known) {
    known = contentHash(value)
    hashes.set(value, known)
  }
  return known
}

type PlannedCall = {
  readonly items: readonly WriteItem[]
  readonly effects: readonly NewEffect[]
  /** The payload behind each item. */
  readonly payloads: readonly Payload[]
  /** Ledger rows that count as reversed once the call is confirmed, by the item that undoes them. */
  readonly undone?: readonly (LedgerRow | undefined)[]
}

/** Rows of one document travel in one call as far as they fit, so that it arrives as a whole. */
function packDocuments(
  documents: readonly { payload: Payload; items: WriteItem[]; effects: NewEffect[]; undone: readonly LedgerRow[] }[],
  maxBatch: number,
): PlannedCall[] {
  type Open = { items: WriteItem[]; effects: NewEffect[]; payloads: Payload[]; undone: (LedgerRow | undefined)[] }
  const calls: Open[] = []
  for (const document of documents) {
    let call = calls.at(-1)
    if (!call || call.items.length + document.items.length > maxBatch) {
      call = { items: [], effects: [], payloads: [], undone: [] }
      calls.push(call)
    }
    for (const [index, item] of document.items.entries()) {
      if (call.items.length === maxBatch) {
        call = { items: [], effects: [], payloads: [], undone: [] }
        calls.push(call)
      }
      call.effects.push({ ...document.effects[index]!, position: call.items.length })
      call.items.push(item)
      call.payloads.push(document.payload)
      call.undone.push(document.undone[index])
    }
  }
  return calls
}

/**
 * Writes calls and effects down, then makes the calls one by one, each answer committed before the next.
 * @throws KeyTaken before anything was dialled.
 */
async function dial(
  work: WriteWork,
  target: number,
  planned: readonly PlannedCall[],
  forget: readonly { target: number; document: string; part: string }[],
  tallied: Tallied,
): Promise<void> {
  if (planned.length === 0) return
  const calls = planned.map((call, index) => ({
    call: {
      id: randomUUID(),
      target,
      node: work.node,
      batch: work.batch.number,
      // The first one is dialled at once: its “sent” is committed together with its effects.
      state: index === 0 ? ('sent' as const) : ('intended' as const),
      items: call.items.length,
      values: call.items.map((item) => item.value),
    },
    effects: call.effects,
  }))
  await work.ledger.open(calls, forget)

  for (const [index, { items, effects, payloads, undone }] of planned.entries()) {
    const { id } = calls[index]!.call
    // What is not dialled yet stays undialled when the run is to stop.
    if (index > 0) {
      work.context.signal.throwIfAborted()
      await work.ledger.send(id)
    }
    const answer = await sendOrRefuse(work, target, id, items)
    const marks: EffectMark[] = []
    for (const [position, outcome] of answer.outcomes.entries()) {
      const effect = effects[position]!
      const place = { document: effect.document, part: effect.part }
      tallied.sent.push(sentRecord(items[position]!.key, items[position]!.value, outcome))
      if (outcome.status === 'confirmed') {
        add(tallied.counts, effect.kind === 'r' ? 'reversed' : 'sent')
        const row = undone?.[position]
        if (row) marks.push({ document: row.document, part: row.part, state: 'reversed' })
        continue
      }
      if (answer.state === 'answered') marks.push({ ...place, state: outcome.status, message: outcome.message })
      refuse(tallied, payloads[position]!, outcome)
    }
    await work.ledger.answer(target, id, answer.state, answer.message, marks)
    for (const [position, outcome] of answer.outcomes.entries()) {
      if (outcome.status !== 'confirmed') continue
      for (const reference of work.operation.confirms?.(work.settings as never, payloads[position]!.value) ?? []) {
        work.batch.confirm(work.connection, reference)
      }
    }
  }
}

/** A call that fails for the whole run did not arrive: the ledger says so before the run stops. */
async function sendOrRefuse(work: WriteWork, target: number, call: string, items: readonly WriteItem[]) {
  try {
    return await send(work.operation, work.context, items, { id: call }, work.tally, work.exchanged)
  } catch (error) {
    const message = error instanceof Error ? error.message : 'The call failed.'
    await work.ledger.answer(target, call, 'refused', message, [])
    throw error
  }
}

function sentRecord(key: string, value: DataRecord, outcome: Outcome): DataRecord {
  return outcome.status === 'confirmed'
    ? { key, outcome: outcome.status, value }
    : { key, outcome: outcome.status, message: outcome.message, value }
}

function refuse(tallied: Tallied, payload: Payload, outcome: Exclude<Outcome, { status: 'confirmed' }>): void {
  if (outcome.status === 'unknown') {
    add(tallied.counts, 'unknown')
    tallied.verdicts.set(payload, {
      code: 'OUTCOME_UNKNOWN',
      message: `Nobody can tell whether “${payload.key}” arrived; it is not sent again by itself. ${outcome.message}`,
    })
    return
  }
  add(tallied.counts, 'refused')
  tallied.verdicts.set(payload, { code: outcome.code, message: outcome.message, remote: outcome.remote })
}

/** An earlier effect of this key has an open end: nothing more goes out for it until somebody settles that. */
function hold(tallied: Tallied, payload: Payload, row: LedgerRow): void {
  if (row.state === 'unknown' || row.ours) {
    add(tallied.counts, 'unknown')
    tallied.verdicts.set(payload, {
      code: 'OUTCOME_UNKNOWN',
      message: `Nobody can tell whether an earlier sending of “${payload.key}” arrived. Nothing more is sent for it until that is settled.`,
    })
    return
  }
  tallied.verdicts.set(payload, busy(payload))
}
