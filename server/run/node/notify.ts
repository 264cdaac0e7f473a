import type { DataRecord } from '../../../connectors/kit/connector.ts'
import type { Rejected } from '../batch/batch.ts'
import { keyOf } from '../record/field-path.ts'
import type { KeptNotice } from '../journal/node-memory.ts'
import type { PureStep } from './pure-step.ts'
import { sentences } from './sentences.ts'

type NotifySettings = Pick<KeptNotice, 'severity' | 'desk'> & {
  readonly sentence: string
  readonly key: readonly string[]
}

/** Writes a notice for each key in the transaction that settles the batch. While one is open, its key only counts it up. */
export const notify: PureStep = async ({ parts, batch, planned: { node } }, inputs) => {
  const { sentence, severity, desk, key: paths } = node.settings as NotifySettings // checked when the flow was planned
  const records = inputs.get('in') ?? []
  const said = records.length === 0 ? [] : await sentences(parts, batch, node.id, sentence, records)
  const out: DataRecord[] = []
  const rejected: Rejected[] = []
  for (const [index, record] of records.entries()) {
    const key = paths.length === 0 ? '' : keyOf(record, paths)
    const one = said[index]!
    if (key === undefined) {
      rejected.push({ record, code: 'INVALID_INPUT', message: `There is no key at ${paths.join(' + ')}.` })
    } else if ('code' in one) {
      rejected.push({ record, code: one.code, message: one.message })
    } else {
      batch.memory.keepNotice({ node: node.id, nodeName: node.name, key, severity, desk, message: one.text })
      out.push(record)
    }
  }
  return { ports: { out }, rejected, each: 'in' }
}
