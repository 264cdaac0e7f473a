import type { Context, DataRecord, Policy, WriteOperation } from '../../../connectors/kit/connector.ts'
import type { Tally } from '../call/attempt.ts'
import type { Batch, Rejected } from '../batch/batch.ts'
import { bound } from '../call/bound.ts'
import { failpoint } from '../call/failpoint.ts'
import type { Ledger } from '../journal/journal.ts'
import { KeyTaken } from '../journal/journal.ts'
import type { Exchange } from '../journal/parts.ts'
import { type Payload, preparePayloads } from './payloads.ts'
import type { Again } from '../call/send.ts'
import { sendDifference } from './send-difference.ts'
import { sendOnce } from './send-once.ts'
import { noteBarred, noteErased, withoutSuppressed } from './suppressed.ts'
import { add, busy, newTallied, type Tallied, type Verdict } from './tallied.ts'
import { upsert } from './upsert.ts'

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
  /** Every request of this step. */
  readonly exchanges: readonly Exchange[]
  /** Run, batch and node, for the keys of `every-time`: the same when a batch is walked again, another in another run. */
  readonly occasion: string
  /** Nothing is sent: everything counts as taken. */
  readonly dry?: boolean | undefined
  /** What documents amount to is kept for the run's end: it checks a stretch of days. */
  readonly totals?: boolean | undefined
  /** For keyed operations: how a call is made again under its key. */
  readonly again?: Again | undefined
}

export type Written = {
  /** Records none of whose payloads was rejected or unknown. */
  readonly out: readonly DataRecord[]
  readonly rejected: readonly Rejected[]
  readonly counts: { readonly [name: string]: number }
  /** What was sent, for the trace. */
  readonly sent: readonly DataRecord[]
  /** Effect keys of what a record yielded. */
  keysOf(record: DataRecord): readonly string[]
}

/**
 * Sends what the records of a batch yield, through the ledger. `yielded` holds each record's payloads as the node's
 * expression gave them; a record that yielded nothing passes on untouched.
 */
export async function writeRecords(
  given: WriteWork,
  records: readonly DataRecord[],
  yielded: readonly { readonly origin: number; readonly value: unknown }[],
): Promise<Written> {
  const work = await withBoundSettings(
    given,
    yielded.map(({ value }) => value),
  )
  const prepared = preparePayloads(work.operation, work.settings as never, yielded, records)
  const tallied = newTallied()
  const allowed = await withoutSuppressed(work, prepared.payloads, tallied.verdicts)
  const ready = await withConfirmedReferences(work, allowed, tallied.verdicts)
  const yielding = new Set(yielded.map((one) => one.origin))
  tallied.counts.nothing = records.length - yielding.size

  await noteErased(work, ready)
  if (work.operation.effect === 'upsert') await upsert(work, ready, tallied)
  else await besideOthers(work, ready, occurrences(prepared.payloads), tallied)

  await noteBarred(
    work,
    ready.filter((payload) => !tallied.verdicts.has(payload)),
  )

  const rejected = new Map(prepared.rejected)
  // Made when first asked for: nobody asks where nothing was rejected.
  let keys: Map<DataRecord, string[]> | undefined
  const keysOf = (record: DataRecord) => {
    keys ??= keysByRecord(prepared.payloads, records)
    return keys.get(record) ?? []
  }
  for (const payload of prepared.payloads) {
    const verdict = tallied.verdicts.get(payload)
    if (!verdict || rejected.has(payload.origin)) continue
    rejected.set(payload.origin, {
      record: records[payload.origin]!,
      ...verdict,
      businessKey: payload.key,
      stake: payload.stake?.(),
      keys: keysOf(records[payload.origin]!),
    })
  }
  const out = records.filter((_, index) => !rejected.has(index))
  return {
    out,
    rejected: [...rejected.values()],
    sent: tallied.sent,
    keysOf,
    counts: {
      in: records.length,
      out: out.length,
      rejected: rejected.size,
      ...tallied.counts,
    },
  }
}

function keysByRecord(payloads: readonly Payload[], records: readonly DataRecord[]): Map<DataRecord, string[]> {
  const keys = new Map<DataRecord, string[]>()
  for (const { origin, key } of payloads) keys.set(records[origin]!, [...(keys.get(records[origin]!) ?? []), key])
  return keys
}

async function withBoundSettings(work: WriteWork, payloads: readonly unknown[]): Promise<WriteWork> {
  const { again } = work
  if (!work.operation.bind || payloads.length === 0) return work
  const { settings, context } = await bound(work.operation, work.context, work.tally, work.settings, payloads)
  const only: Again['only'] = (condition) => ({ ...again!.only(condition), settings: settings as never })
  return { ...work, settings, context, again: again && { ...again, only } }
}

/** Which payload of its key each one is in this batch, from 0, whatever is set aside afterwards. */
function occurrences(payloads: readonly Payload[]): ReadonlyMap<Payload, number> {
  const seen = new Map<string, number>()
  return new Map(
    payloads.map((payload) => {
      const nth = seen.get(payload.key) ?? 0
      seen.set(payload.key, nth + 1)
      return [payload, nth]
    }),
  )
}

/** Sets aside payloads that rest on something nobody has confirmed on this connection. */
async function withConfirmedReferences(
  work: WriteWork,
  payloads: readonly Payload[],
  verdicts: Map<Payload, Verdict>,
): Promise<Payload[]> {
  const open = payloads.flatMap((payload) =>
    payload.requires
      .filter((reference) => !work.batch.isConfirmed(work.connection, reference))
      .map((reference) => ({ payload, reference })),
  )
  if (open.length === 0) return [...payloads]
  await failpoint('write.references:before')
  const confirmed = await work.ledger.confirmed(
    work.connection,
    open.map((one) => one.reference),
  )
  await failpoint('write.references:after')
  for (const [index, { payload, reference }] of open.entries()) {
    if (confirmed.has(index)) continue
    verdicts.set(payload, {
      code: 'CONTACT_NOT_CONFIRMED',
      message:
        `“${payload.name}” was not sent: nobody has confirmed its ${reference.kind} in this account yet. ` +
        `Send the ${reference.kind} first, then this again.`,
    })
  }
  return payloads.filter((payload) => !verdicts.has(payload))
}

/** How often a batch is compared with the ledger anew because another run came first with some of its effects. */
const MOST_COMPARISONS = 3

/** What can be sent only once. Another run may come first with a key: then the ledger tells which, and the rest goes on. */
async function besideOthers(
  work: WriteWork,
  payloads: readonly Payload[],
  nth: ReadonlyMap<Payload, number>,
  tallied: Tallied,
): Promise<void> {
  for (let compared = 1; compared <= MOST_COMPARISONS; compared++) {
    const trial = newTallied()
    try {
      if (work.policy === 'difference') await sendDifference(work, payloads, trial)
      else await sendOnce(work, payloads, nth, trial)
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
