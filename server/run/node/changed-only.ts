import type { DataRecord } from '../../../connectors/kit/connector.ts'
import type { Rejected } from '../batch/batch.ts'
import { comparedPart, type Compared } from './compared-part.ts'
import { contentHash } from '../record/content-hash.ts'
import { failpoint } from '../call/failpoint.ts'
import { keyOf } from '../record/field-path.ts'
import type { RunStart } from '../journal/run-start.ts'
import type { PureStep } from './pure-step.ts'

type ChangedOnlySettings = Compared & { readonly key: readonly string[]; readonly as?: string }
type What = 'new' | 'changed' | 'unchanged' | 'repeated'

/**
 * Whether a run keeps back what did not change. Somebody who asks for a back-fill, a re-sync or a rerun wants to see the
 * records go through again.
 */
const keepsBack = ({ kind }: RunStart): boolean =>
  kind === 'trigger' || kind === 'inbox' || kind === 'exceptions' || kind === 'waited'

/**
 * Lets records through that are new, or differ from what last went through this node. What went through is remembered in
 * the transaction that settles the batch, as hashes of key and content.
 */
export const changedOnly: PureStep = async ({ parts, batch, planned: { node } }, inputs) => {
  const settings = node.settings as ChangedOnlySettings // checked when the flow was planned
  const records = inputs.get('in') ?? []
  const keys = records.map((record) => keyOf(record, settings.key))
  await failpoint('changed-only.contents:before')
  const known = await parts.journal.memory.contents(node.id, [...new Set(keys.filter((key) => key !== undefined))])
  await failpoint('changed-only.contents:after')

  const out: DataRecord[] = []
  const unchanged: DataRecord[] = []
  const rejected: Rejected[] = []
  const counts = { new: 0, changed: 0, repeated: 0 }
  for (const [index, record] of records.entries()) {
    const key = keys[index]
    if (key === undefined) {
      rejected.push({ record, code: 'INVALID_INPUT', message: `There is no key at ${settings.key.join(' + ')}.` })
      continue
    }
    const hash = contentHash(comparedPart(record, settings))
    // An earlier record of this very batch has not settled yet.
    const before = batch.memory.content(node.id, key) ?? known.get(key)
    const what = whatIs(before, hash, keepsBack(parts.claim.start))
    const said = settings.as === undefined ? record : { ...record, [settings.as]: what }
    if (what === 'unchanged') {
      unchanged.push(said)
      continue
    }
    counts[what] += 1
    out.push(said)
    if (what !== 'repeated') batch.memory.keepContent({ node: node.id, key, hash })
  }
  return { ports: { out, unchanged }, rejected, counts, each: 'in' }
}

function whatIs(before: Buffer | undefined, hash: Buffer, keepsUnchangedBack: boolean): What {
  if (before === undefined) return 'new'
  if (!before.equals(hash)) return 'changed'
  return keepsUnchangedBack ? 'unchanged' : 'repeated'
}
