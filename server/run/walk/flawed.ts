import type { DataRecord, ReadOperation } from '../../../connectors/kit/connector.ts'
import type { Rejected } from '../batch/batch.ts'
import { KEY_FIELD } from './find.ts'

/** Records that cannot be what the other system says they are. Tried again, each is read anew by its id. */
export function flawedAmong(operation: ReadOperation, records: readonly DataRecord[]): readonly Flawed[] {
  const { flaw, identify } = operation
  if (!flaw) return []
  return records.flatMap((found): Flawed[] => {
    const why = flaw(found)
    if (why === undefined) return []
    const key = identify?.(found).id
    const record = key && !Object.hasOwn(found, KEY_FIELD) ? { ...found, [KEY_FIELD]: key } : found
    return [{ found, record, ...why, ...(key ? { businessKey: key } : {}) }]
  })
}

/** `found` is the record as it came. */
export type Flawed = Rejected & { readonly found: DataRecord }

export function without(records: readonly DataRecord[], flawed: readonly Flawed[]): readonly DataRecord[] {
  if (flawed.length === 0) return records
  const out = new Set(flawed.map(({ found }) => found))
  return records.filter((record) => !out.has(record))
}
