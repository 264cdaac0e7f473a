import type { DataRecord } from '../../../connectors/kit/connector.ts'
import type { Batch, Rejected } from '../batch/batch.ts'
import { failpoint } from '../call/failpoint.ts'
import { keyOf } from '../record/field-path.ts'
import type { Journal } from '../journal/journal.ts'
import type { PureStep } from './pure-step.ts'

type JoinSettings = {
  readonly key: string
  readonly withKey: string
  readonly and?: readonly { readonly key: string; readonly withKey: string }[]
  readonly as: string
  readonly cardinality: 'one' | 'many'
}

/** Puts records of two branches together by a key. */
export const join: PureStep = async ({ parts, batch, planned: { node } }, inputs) => {
  const settings = node.settings as JoinSettings // checked when the flow was planned
  const withRecords = inputs.get('with') ?? []
  const refused = keepForJoin(node.id, settings, batch, withRecords)
  const { out, unmatched, rejected } = await joinRecords(
    node.id,
    settings,
    parts.journal,
    batch,
    inputs.get('in') ?? [],
  )
  return {
    ports: { out, unmatched },
    rejected: [...refused, ...rejected],
    // Those of the other side only wait to be joined; they may bear the same names.
    each: 'in',
    counts: { gathered: withRecords.length - refused.length },
  }
}

/** Keeps the records of the `with` side in the database until the other side comes. Those without a key are rejected. */
function keepForJoin(node: string, settings: JoinSettings, batch: Batch, records: readonly DataRecord[]): Rejected[] {
  const rejected: Rejected[] = []
  const withPaths = [settings.withKey, ...(settings.and ?? []).map(({ withKey }) => withKey)]
  for (const record of records) {
    const key = keyOf(record, withPaths)
    if (key === undefined) {
      rejected.push({
        record,
        code: 'INVALID_INPUT',
        message: `There is no key at “${withPaths.join('” and “')}” to join by.`,
      })
    } else {
      batch.kept.push({ node, input: 'with', key, position: batch.kept.length, record })
    }
  }
  return rejected
}

type Joined = {
  readonly out: readonly DataRecord[]
  readonly unmatched: readonly DataRecord[]
  readonly rejected: readonly Rejected[]
}

async function joinRecords(
  node: string,
  settings: JoinSettings,
  journal: Journal,
  batch: Batch,
  records: readonly DataRecord[],
): Promise<Joined> {
  const paths = [settings.key, ...(settings.and ?? []).map(({ key }) => key)]
  const keys = records.map((record) => keyOf(record, paths))
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
