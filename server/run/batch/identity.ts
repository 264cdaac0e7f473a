import { hash } from 'node:crypto'
import type { DataRecord } from '../../../connectors/kit/connector.ts'
import type { PlannedNode } from '../../flow/plan/plan.ts'
import type { Batch, Marks, Rejected } from './batch.ts'
import { contentHash } from '../record/content-hash.ts'
import { businessKeyOf } from '../record/describe.ts'
import { keyText } from '../record/field-path.ts'
import type { RunParts } from '../journal/parts.ts'
import { tracePayload } from './trace.ts'

// Two questions, two answers. `identity`: is this the exception that is open already? Two records may share one only when
// the newer replaces the older in meaning. `match keys`: does this success make an open exception needless?

// Fields that name one business object whatever else is in the record.
const OBJECT_IDS = ['InvoiceID', 'CreditNoteID', 'InvoiceNumber', 'CreditNoteNumber', 'document', 'id'] as const
/** A contact's id stands in records of many kinds; with this field beside it, the record is the contact itself. */
const CONTACT_ITSELF = 'UpdatedDateUTC'

function objectKeyOf(record: DataRecord): string | undefined {
  for (const name of OBJECT_IDS) {
    const key = keyText(record[name])
    if (key !== undefined) return digest('o', name, key)
  }
  const contact = record[CONTACT_ITSELF] === undefined ? undefined : keyText(record.ContactID)
  return contact === undefined ? undefined : digest('o', 'ContactID', contact)
}

/**
 * Keys of the records of one step. A key that several of them bear names none: they are parts of one thing. Nor has any
 * other record one: an input of another kind may name the same objects.
 */
class ObjectKeys {
  readonly #bearers = new Map<string, DataRecord | 'several'>()

  constructor(records: readonly DataRecord[]) {
    for (const record of records) {
      const key = objectKeyOf(record)
      if (key !== undefined) this.#bearers.set(key, this.#bearers.has(key) ? 'several' : record)
    }
  }

  of(record: DataRecord): string | undefined {
    const key = objectKeyOf(record)
    return key !== undefined && this.#bearers.get(key) === record ? key : undefined
  }
}

/** Behind which exceptions a record waits in a flow that keeps order. */
export const orderKeyOf = (record: DataRecord): string | undefined => {
  const key = businessKeyOf(record)
  return key === undefined ? undefined : digest('b', key)
}

/** How a rejected record is known again, and what makes it needless. */
function marksOf(
  planned: PlannedNode,
  ordered: boolean,
  rejected: Pick<Rejected, 'record' | 'madeOf' | 'code' | 'keys'>,
  objects: ObjectKeys,
): Marks {
  const { record, madeOf, code, keys } = rejected
  // In order, each record of a key has its turn: none stands for another, and a later one cannot overtake it.
  if (ordered) return { matchKey: orderKeyOf(record) }
  // Sent every time: each record is a wish of its own.
  if (sendsEveryTime(planned)) return {}
  const matchKey = objects.of(madeOf ?? record) ?? (keys && endsHere(planned) ? digest('k', ...keys) : undefined)
  if (keys === undefined || keys.length === 0) return { identity: content(record), matchKey }
  // An outcome in doubt is a cause of its own: no other trouble of its key may cover it.
  const cause = code === 'OUTCOME_UNKNOWN' ? 'doubt' : 'key'
  // What goes on to other nodes differs from record to record though the effect's key is the same.
  const rest = endsHere(planned) && !sendsEachContent(planned) ? [] : [contentHash(record).toString('hex')]
  return { identity: { text: digest(cause, ...keys, ...rest), counted: false }, matchKey }
}

/** The match keys that a record's success answers. */
function passingKeys(
  planned: PlannedNode,
  record: DataRecord,
  keys: readonly string[] | undefined,
  objects: ObjectKeys,
): string[] {
  if (sendsEveryTime(planned)) return []
  const object = objects.of(record)
  return [
    ...(object === undefined ? [] : [object]),
    ...(keys && keys.length > 0 && endsHere(planned) ? [digest('k', ...keys)] : []),
  ]
}

function content(record: DataRecord) {
  return { text: `content ${contentHash(record).toString('base64url')}`, counted: true }
}

const policyOf = ({ node, info }: PlannedNode): unknown =>
  info.kind === 'write' ? (node.settings.policy ?? info.policies?.[0] ?? 'every-time') : undefined
const sendsEveryTime = (planned: PlannedNode): boolean => policyOf(planned) === 'every-time'
const sendsEachContent = (planned: PlannedNode): boolean =>
  policyOf(planned) === 'once-per-key-and-content' && planned.info.effect !== 'upsert'
const endsHere = ({ ports }: PlannedNode): boolean => (ports.get('out') ?? []).length === 0

/** 128 bits: keys may be long and personal, and are only ever compared. */
function digest(kind: string, ...parts: readonly string[]): string {
  return `${kind} ${hash('sha256', parts.join('\0'), 'buffer').subarray(0, 16).toString('base64url')}`
}

/**
 * Makes exceptions of what a node rejected. `entered`: all that came with them, into it or, where they were made of others
 * on the way, into the first node of its group.
 */
export function except(
  parts: Pick<RunParts, 'ordered' | 'claim' | 'capture'>,
  batch: Batch,
  planned: PlannedNode,
  rejected: readonly Rejected[],
  entered: readonly DataRecord[],
): void {
  if (rejected.length === 0) return
  if (parts.claim.dry) {
    // Nobody is to look after them: they are shown in the trace.
    const records = rejected.map(({ record, code, message }) => ({ record, error: { code, message } }))
    batch.trace(tracePayload(planned.node.id, 'out:rejected', records, parts.capture))
    batch.count('rejected', rejected.length)
    return
  }
  const objects = new ObjectKeys(entered)
  for (const one of rejected) batch.reject(planned.node.id, one, marksOf(planned, parts.ordered, one, objects))
}

/** Notes for settlement which open exceptions the successes of a step make needless. Costs nothing where none is open. */
export async function notePassed(
  parts: Pick<RunParts, 'claim' | 'journal' | 'ordered' | 'oldData'>,
  batch: Batch,
  planned: PlannedNode,
  entered: readonly DataRecord[],
  /** Those of them that did not go through. Asked only where something is open. */
  refusedOnes: () => ReadonlySet<DataRecord>,
  keysOf: (record: DataRecord) => readonly string[] | undefined = () => undefined,
): Promise<void> {
  if (entered.length === 0) return
  // Old data says nothing about what came after it; in order, nothing comes after an open exception.
  if (parts.ordered || parts.claim.dry || parts.oldData) return
  const open = await parts.journal.openKeys()
  const { id } = planned.node
  if (!open.hasNode(id)) return
  const objects = new ObjectKeys(entered)
  const refused = refusedOnes()
  for (const record of entered) {
    if (refused.has(record)) continue
    for (const key of passingKeys(planned, record, keysOf(record), objects)) {
      if (open.first(id, key) !== undefined) batch.pass(id, key)
    }
  }
}
