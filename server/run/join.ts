import type { DataRecord } from '../../connectors/kit/connector.ts'
import type { Batch, Rejected } from './batch.ts'
import { failpoint } from './failpoint.ts'
import { keyText, readPath } from './field-path.ts'
import type { Journal } from './journal.ts'

export type JoinSettings = {
  readonly key: string
  readonly withKey: string
  readonly as: string
  readonly cardinality: 'one' | 'many'
}

/** Keeps the records of the `with` side in the database until the other side comes. Those without a key are rejected. */
export function keepForJoin(
  node: string,
  settings: JoinSettings,
  batch: Batch,
  records: readonly DataRecord[],
): Rejected[] {
  const rejected: Rejected[] = []
  for (const record of records) {
    const key = keyText(readPath(record, settings.withKey))
    if (key === undefined) {
      rejected.push({ record, code: 'INVALID_INPUT', message: `There is no key at “${settings.withKey}” to join by.` })
    } else {
      batch.kept.push({ node, key, position: batch.kept.length, record })
    }
  }
  return rejected
}

export type Joined = {
  readonly out: readonly DataRecord[]
  readonly unmatched: readonly DataRecord[]
  readonly rejected: readonly Rejected[]
}

export async function joinRecords(
  node: string,
  settings: JoinSettings,
  journal: Journal,
  batch: Batch,
  records: readonly DataRecord[],
): Promise<Joined> {
  const keys = records.map((record) => keyText(readPath(record, settings.key)))
  const distinct = [...new Set(keys.filter((key) => key !== undefined))]
  const kept = new Map<string, DataRecord[]>()
  await failpoint('join.kept:before')
  for (const [key, found] of distinct.length > 0 ? await journal.kept(node, distinct) : []) kept.set(key, [...found])
  await failpoint('join.kept:after')
  // The other side may have come with this very batch, which has not settled yet.
  for (const row of batch.kept) {
    if (row.node !== node) continue
    const list = kept.get(row.key)
    if (list) list.push(row.record)
    else kept.set(row.key, [row.record])
  }

  const out: DataRecord[] = []
  const unmatched: DataRecord[] = []
  const rejected: Rejected[] = []
  for (const [index, record] of records.entries()) {
    const key = keys[index]
    const found = key === undefined ? undefined : kept.get(key)
    if (!found) unmatched.push(record)
    else if (settings.cardinality === 'many') out.push({ ...record, [settings.as]: found })
    else if (found.length === 1) out.push({ ...record, [settings.as]: found[0] })
    else {
      rejected.push({
        record,
        code: 'AMBIGUOUS',
        message: `${found.length} records have the key “${key}”, where the join expects one.`,
      })
    }
  }
  return { out, unmatched, rejected }
}
