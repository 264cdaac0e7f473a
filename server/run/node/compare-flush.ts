import Big from 'big.js'
import type { Cursor, DataRecord } from '../../../connectors/kit/connector.ts'
import type { Rejected } from '../batch/batch.ts'
import type { CompareSettings, Side } from './compare.ts'
import { differencesOf } from './compare-pair.ts'
import { decimalOf, numberOrText } from '../record/decimal.ts'
import { failpoint } from '../call/failpoint.ts'
import { readPath } from '../record/field-path.ts'
import type { NextGathered } from './gathered.ts'
import type { KeptPair } from '../journal/kept.ts'

/** Records of both sides that leave together. */
const PAGE = 2_000

const OUTCOMES = ['matched', 'differs', 'only-left', 'only-right', 'duplicates'] as const
type Outcome = (typeof OUTCOMES)[number]
/** Of one outcome so far: keys, and of each side records and their decimal sum. */
type Tally = { readonly keys: number } & { readonly [side in Side]: { readonly records: number; readonly sum: string } }
type Totals = { readonly [outcome in Outcome]: Tally }
/** How far a comparison has left: after which key, with which totals. */
type Left = { readonly key: string; readonly totals: Totals }

const nothing = { records: 0, sum: '0' }
const NO_TOTALS = Object.fromEntries(
  OUTCOMES.map((outcome) => [outcome, { keys: 0, left: nothing, right: nothing }]),
) as Totals

/** What was gathered on both sides leaves in the order of keys, and after the last one the summary. */
export const nextCompared: NextGathered = async ({ journal }, { node }, after) => {
  const settings = node.settings as CompareSettings // checked when the flow was planned
  const left = after as Left | undefined // written below
  await failpoint('compare.pairs:before')
  const pairs = await journal.keptPairs(node.id, left?.key, PAGE)
  await failpoint('compare.pairs:after')
  const totals = left?.totals ?? NO_TOTALS
  const last = pairs.at(-1)
  if (!last) {
    if (!left) return undefined
    const summary = [summaryOf(settings, totals)]
    return { ports: { summary }, rejected: [], cursor: left as unknown as Cursor, last: true }
  }
  const ports: { [port in Exclude<Outcome, 'duplicates'>]: DataRecord[] } = {
    matched: [],
    differs: [],
    'only-left': [],
    'only-right': [],
  }
  const rejected: Rejected[] = []
  const next: { -readonly [outcome in Outcome]: Tally } = { ...totals }
  for (const pair of pairs) {
    const [outcome, record] = judge(settings, pair)
    next[outcome] = added(settings, next[outcome], pair)
    if (outcome === 'duplicates') rejected.push(ambiguous(pair, record))
    else ports[outcome].push(record)
  }
  const cursor: Left = { key: last.key, totals: next }
  return { ports, rejected, counts: { keys: pairs.length }, cursor: cursor as unknown as Cursor }
}

function judge(settings: CompareSettings, { key, left, right }: KeptPair): [Outcome, DataRecord] {
  const shown = { key: settings.key.length === 1 ? key : (JSON.parse(key) as unknown) }
  if (left.count > 1 || right.count > 1) {
    const counts = { leftCount: left.count, rightCount: right.count }
    return ['duplicates', { ...shown, ...counts, left: left.records, right: right.records }]
  }
  const [one] = left.records
  const [other] = right.records
  if (!other) return ['only-left', { ...shown, left: one }]
  if (!one) return ['only-right', { ...shown, right: other }]
  const differences = differencesOf(settings, one, other)
  if (differences.length === 0) return ['matched', { ...shown, left: one, right: other }]
  return ['differs', { ...shown, left: one, right: other, differences }]
}

function ambiguous({ key, left, right }: KeptPair, record: DataRecord): Rejected {
  const message = `The key ${key} stands ${left.count} × on the left and ${right.count} × on the right, where each side should have one. At most ten of each are shown.`
  return { record, code: 'AMBIGUOUS', message, businessKey: key }
}

function added(settings: CompareSettings, tally: Tally, { left, right }: KeptPair): Tally {
  const side = (name: Side, { count, records, sum }: KeptPair[Side]) => {
    const path = settings.total?.[name]
    if (path === undefined) return { records: tally[name].records + count, sum: '0' }
    // Of very many records of one key the database adds up.
    const amount = sum ?? records.reduce((all, one) => all.plus(decimalOf(readPath(one, path)) ?? 0), new Big(0))
    return { records: tally[name].records + count, sum: new Big(tally[name].sum).plus(amount).toFixed() }
  }
  return { keys: tally.keys + 1, left: side('left', left), right: side('right', right) }
}

/** Counts of both sides by outcome, and with a control total what they add up to. All of a side is the sum of its outcomes. */
function summaryOf({ total }: CompareSettings, totals: Totals): DataRecord {
  const sideOf = (side: Side, outcomes: readonly Outcome[]) => {
    const records = outcomes.reduce((sum, outcome) => sum + totals[outcome][side].records, 0)
    const sum = outcomes.reduce((all, outcome) => all.plus(totals[outcome][side].sum), new Big(0))
    return total ? { records, total: numberOrText(sum.toFixed()) } : { records }
  }
  const row = (outcomes: readonly Outcome[]) => {
    const keys = outcomes.reduce((sum, outcome) => sum + totals[outcome].keys, 0)
    const by = (side: Side) => outcomes.reduce((all, outcome) => all.plus(totals[outcome][side].sum), new Big(0))
    const difference = total ? { difference: numberOrText(by('right').minus(by('left')).toFixed()) } : {}
    return { keys, left: sideOf('left', outcomes), right: sideOf('right', outcomes), ...difference }
  }
  return {
    ...row(OUTCOMES),
    matched: row(['matched']),
    differs: row(['differs']),
    onlyLeft: row(['only-left']),
    onlyRight: row(['only-right']),
    duplicates: row(['duplicates']),
  }
}
