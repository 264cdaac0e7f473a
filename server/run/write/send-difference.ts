import type { DataRecord } from '../../../connectors/kit/connector.ts'
import { checkFirst } from './check-first.ts'
import { contentHash } from '../record/content-hash.ts'
import { type Planned, dial } from './dial.ts'
import { isWhole, partName, partOfWhole, takeDifference } from './difference.ts'
import { noteTotals } from './document-totals.ts'
import { failpoint } from '../call/failpoint.ts'
import type { LedgerRow } from '../journal/journal.ts'
import type { Payload } from './payloads.ts'
import { itemKey } from '../call/probe.ts'
import { FULL, intoCalls } from '../call/send.ts'
import { stakeOf } from '../record/stake.ts'
import { add, hold, type Tallied } from './tallied.ts'
import type { WriteWork } from './write.ts'

/** A document as it should be: its rows, those that are missing, and what was sent and should no longer be there. */
export type Change = {
  readonly wanted: readonly DataRecord[]
  readonly add: readonly DataRecord[]
  readonly undone: readonly DataRecord[]
}

type Sending = {
  readonly payload: Payload
  readonly wanted: readonly DataRecord[]
  readonly reverse: readonly Standing[]
  readonly add: readonly DataRecord[]
  readonly version: number
}

/** `value`: of a row that went out in one effect with others, what was sent of it. */
type Standing = LedgerRow & { readonly value?: DataRecord }

/** Per document: the rows that are missing, and reversals of those that should no longer be there. */
export async function sendDifference(work: WriteWork, payloads: readonly Payload[], tallied: Tallied): Promise<void> {
  const { operation, ledger } = work
  const { difference } = operation
  if (!difference) throw new Error(`${operation.name} has no rows to take a difference of`)
  const target = await ledger.target(work.connection, work.operationId)
  const settings = work.settings as never

  // A document that comes twice in a batch: its last state counts.
  const latest = new Map(payloads.map((payload) => [payload.key, payload]))
  add(tallied.counts, 'superseded', payloads.length - latest.size)
  await failpoint('write.find:before')
  const found = await ledger.find(target, [...latest.keys()])
  await failpoint('write.find:after')
  const ledgerRows = Map.groupBy(await eachRow(work, found), (row) => row.document)

  const changes: Sending[] = []
  const same: Pick<Sending, 'payload' | 'wanted'>[] = []
  for (const payload of latest.values()) {
    const rows = ledgerRows.get(payload.key) ?? []
    const doubtful = rows.find((row) => row.state === 'unknown' || row.state === 'sent' || row.state === 'intended')
    if (doubtful) {
      payload.stake = () => stakeOf(difference, settings, difference.rows(settings, payload.value))
      hold(tallied, payload, doubtful, target)
      continue
    }
    if (rows.some((row) => row.newer)) {
      add(tallied.counts, 'superseded')
      continue
    }
    const wanted = difference.rows(settings, payload.value).map((value) => ({ value, hash: rowHash(work, value) }))
    const change = takeDifference(wanted, rows)
    const document = { payload, wanted: wanted.map(({ value }) => value) }
    if (change.add.length === 0 && change.reverse.length === 0) {
      add(tallied.counts, wanted.length > 0 ? 'unchanged' : 'nothing')
      same.push(document)
    } else changes.push({ ...document, ...change })
  }

  await failpoint('write.values:before')
  const old = await ledger.values([...new Set(changes.flatMap((change) => change.reverse.map((row) => row.call)))])
  await failpoint('write.values:after')
  for (const { payload, add, reverse } of changes) {
    payload.stake = () =>
      stakeOf(
        difference,
        settings,
        add,
        reverse.map((row) => sentAs(row, old)),
      )
  }
  const documents = changes.map((change) => [
    ...reversals(work, change, old),
    ...change.add.map((value, index) =>
      planned(work, change.payload, partName(change.version, change.reverse.length + index), value),
    ),
  ])
  const allowed = await checkFirst(
    work,
    documents,
    (rows) => ({ items: rows.map((row) => row.item), payloads: rows.slice(0, 1).map((row) => row.payload) }),
    tallied,
  )
  await dial(
    work,
    target,
    (difference.together ? packWhole : packDocuments)(
      allowed,
      operation.maxBatch,
      ({ item }) => operation.share?.(settings, item.value) ?? 0,
    ),
    [],
    tallied,
  )

  const { amount, name } = difference
  if (!work.totals || !amount) return
  const words = {
    amountOf: (row: DataRecord) => amount(settings, row),
    nameOf: name && ((row: DataRecord) => name(settings, row)),
  }
  const note = (payload: Payload, change: Change) => {
    if (tallied.verdicts.has(payload)) return
    noteTotals(work.batch, target, payload.key, words, change)
  }
  for (const { payload, wanted } of same) note(payload, { wanted, add: [], undone: [] })
  for (const { payload, wanted, add, reverse } of changes)
    note(payload, { wanted, add, undone: reverse.map((row) => sentAs(row, old)) })
}

/** What was sent as a whole document, under another policy, row by row. */
async function eachRow(work: WriteWork, found: readonly LedgerRow[]): Promise<readonly Standing[]> {
  const whole = found.filter((row) => isWhole(row) && row.state === 'confirmed')
  if (whole.length === 0) return found
  await failpoint('write.values:before')
  const sent = await work.ledger.values([...new Set(whole.map(({ call }) => call))])
  await failpoint('write.values:after')
  const { difference } = work.operation
  return found.flatMap((row): readonly Standing[] => {
    if (!difference || !isWhole(row) || row.state !== 'confirmed') return [row]
    return difference.rows(work.settings as never, sentAs(row, sent)).map((value, at) => ({
      ...row,
      part: partOfWhole(row, at),
      hash: rowHash(work, value),
      value,
    }))
  })
}

function sentAs(row: Standing, old: ReadonlyMap<string, readonly DataRecord[]>): DataRecord {
  const value = row.value ?? old.get(row.call)?.[row.position]
  if (!value) throw new Error(`The ledger lost what call ${row.call} sent at ${row.position}`)
  return value
}

/** New effects that undo rows as they were sent, whatever their document looks like today. */
function reversals(work: WriteWork, change: Sending, old: ReadonlyMap<string, readonly DataRecord[]>): Planned[] {
  return change.reverse.map((row, index) => {
    const reversal = work.operation.difference!.reverse(work.settings as never, sentAs(row, old), change.payload.value)
    const one = planned(work, change.payload, partName(change.version, index), reversal)
    return { ...one, effect: { ...one.effect, kind: 'r', reverses: row.part }, undone: row }
  })
}

const planned = (work: WriteWork, payload: Payload, part: string, value: DataRecord): Planned => ({
  item: { key: itemKey(payload.key, part), value },
  effect: { document: payload.key, part, kind: 's', hash: rowHash(work, value), position: 0 },
  payload,
})

const hashes = new WeakMap<DataRecord, Buffer>()

/** The hash of what is compared of a row, taken once per row object. */
function rowHash({ operation }: WriteWork, value: DataRecord): Buffer {
  let known = hashes.get(value)
  if (!known) {
    known = contentHash(operation.difference?.compared?.(value) ?? value)
    hashes.set(value, known)
  }
  return known
}

/** Rows of one document travel in one call as far as they fit, so that it arrives as a whole. */
function packDocuments(
  documents: readonly (readonly Planned[])[],
  maxBatch: number,
  shareOf: (row: Planned) => number,
): Planned[][] {
  const calls: Planned[][] = []
  let filled = 0
  const fits = (count: number, share: number) => {
    const call = calls.at(-1)
    return call !== undefined && (call.length === 0 || (call.length + count <= maxBatch && filled + share <= FULL))
  }
  const begin = () => {
    calls.push([])
    filled = 0
  }
  for (const document of documents) {
    const shares = document.map(shareOf)
    if (
      !fits(
        document.length,
        shares.reduce((sum, share) => sum + share, 0),
      )
    )
      begin()
    for (const [index, row] of document.entries()) {
      if (!fits(1, shares[index]!)) begin()
      calls.at(-1)!.push(row)
      filled += shares[index]!
    }
  }
  return calls
}

/** As many documents as a call takes, each as a whole, however many rows it has. */
function packWhole(
  documents: readonly (readonly Planned[])[],
  maxBatch: number,
  shareOf: (row: Planned) => number,
): Planned[][] {
  const whole = documents.map((rows) => ({ key: rows[0]!.effect.document, rows }))
  const size = {
    maxBatch,
    shareOf: ({ rows }: (typeof whole)[number]) => rows.reduce((sum, row) => sum + shareOf(row), 0),
  }
  return intoCalls(whole, size).map((call) => call.flatMap(({ rows }) => rows))
}
