import type { DataRecord } from '../../../connectors/kit/connector.ts'
import { StepError } from '../../../connectors/kit/errors.ts'
import type { Rejected } from '../batch/batch.ts'
import { decimalOf } from '../record/decimal.ts'
import { failpoint } from '../call/failpoint.ts'
import { keyOf, keyText, readPath } from '../record/field-path.ts'
import { type Contribution, type RunningState, runningMemory } from '../journal/running-memory.ts'
import { given, namesOf, type RunningValues, shown, takeIn } from './running-state.ts'
import type { PureStep } from './pure-step.ts'

type RunningSettings = {
  readonly key: readonly string[]
  readonly contribution: readonly string[]
  readonly values: RunningValues
  readonly version?: string
  readonly takeBack?: string
  readonly as: string
}
type What = 'added' | 'replaced' | 'unchanged' | 'older' | 'taken-back'

/**
 * Keeps values per key over all runs. Each contribution counts once for a key: coming again, it replaces what it gave
 * before. What is kept moves in the transaction that settles the batch.
 */
export const runningValue: PureStep = async ({ parts, batch, planned: { node } }, inputs) => {
  const settings = node.settings as RunningSettings // checked when the flow was planned
  const records = inputs.get('in') ?? []
  const named = records.map((record) => ({
    record,
    key: keyOf(record, settings.key),
    contribution: keyOf(record, settings.contribution),
  }))
  await failpoint('running-value.standing:before')
  const memory = await runningMemory(parts.journal.memory, batch.memory, node.id, named)
  await failpoint('running-value.standing:after')
  const oldData = parts.oldData === true

  const out: DataRecord[] = []
  const rejected: Rejected[] = []
  const counts: { [what in What]: number } = { added: 0, replaced: 0, unchanged: 0, older: 0, 'taken-back': 0 }
  for (const { record, key, contribution } of named) {
    if (key === undefined || contribution === undefined) {
      const lacks = key === undefined ? settings.key : settings.contribution
      rejected.push({ record, code: 'INVALID_INPUT', message: `There is no key at ${lacks.join(' + ')}.` })
      continue
    }
    const before = memory.contribution(key, contribution)
    const state = memory.state(key) ?? { next: 0, cells: {} }
    try {
      const next = contributionOf(settings, record, before?.seq ?? state.next)
      const what = whatIs(settings, before, next, oldData)
      counts[what] += 1
      const after =
        what === 'older' || what === 'unchanged'
          ? state
          : await take(settings, state, before, next, memory.others(key, contribution))
      if (after !== state) memory.keep(key, contribution, after, next)
      out.push({ ...record, [settings.as]: shown(settings.values, after) })
    } catch (error) {
      if (!(error instanceof StepError) || error.reaction !== 'reject') throw error
      rejected.push({ record, code: error.code, message: error.message })
    }
  }
  return { ports: { out }, rejected, counts, each: 'in' }
}

function contributionOf(settings: RunningSettings, record: DataRecord, seq: number): Contribution {
  const takenBack = settings.takeBack !== undefined && readPath(record, settings.takeBack) === true
  const version = settings.version === undefined ? undefined : keyText(readPath(record, settings.version))
  return { seq, version, takenBack, cells: takenBack ? {} : given(settings.values, record) }
}

function whatIs(
  settings: RunningSettings,
  before: Contribution | undefined,
  next: Contribution,
  oldData: boolean,
): What {
  if (before && isOlder(settings, before.version, next.version, oldData)) return 'older'
  const same =
    before &&
    before.takenBack === next.takenBack &&
    namesOf(settings.values).every((name) => before.cells[name] === next.cells[name])
  if (same) return 'unchanged'
  if (next.takenBack) return 'taken-back'
  return before ? 'replaced' : 'added'
}

function isOlder(
  { version }: RunningSettings,
  before: string | undefined,
  next: string | undefined,
  oldData: boolean,
): boolean {
  if (version === undefined || before === undefined || next === undefined) return oldData
  const [a, b] = [decimalOf(before), decimalOf(next)]
  return a && b ? b.lt(a) : next < before
}

async function take(
  settings: RunningSettings,
  state: RunningState,
  before: Contribution | undefined,
  next: Contribution,
  others: () => AsyncIterable<Contribution>,
): Promise<RunningState> {
  const after = await takeIn(settings.values, state, before, next, others)
  return { ...after, next: Math.max(state.next, next.seq + 1) }
}
