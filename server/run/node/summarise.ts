import Big from 'big.js'
import type { DataRecord } from '../../../connectors/kit/connector.ts'
import { StepError } from '../../../connectors/kit/errors.ts'
import { LONGEST_LIST } from '../../flow/catalog/summary-values.ts'
import type { Batch, Rejected } from '../batch/batch.ts'
import { decimalOf, kindOf, numberOrText } from '../record/decimal.ts'
import { failpoint } from '../call/failpoint.ts'
import { readPath } from '../record/field-path.ts'
import type { Journal } from '../journal/journal.ts'
import type { PureStep } from './pure-step.ts'

export type SummariseSettings = {
  readonly by: readonly { readonly name: string; readonly path: string }[]
  readonly values: readonly {
    readonly name: string
    readonly fn: 'sum' | 'count' | 'min' | 'max' | 'first' | 'last' | 'list'
    readonly path?: string
  }[]
  /** Groups that leave together; 1,000 if not said. */
  readonly together?: number
}

/** One group as it is stored between batches: what it is grouped by, and a cell per value. Sums are decimal texts. */
export type Group = { readonly by: { readonly [name: string]: unknown }; readonly cells: Cell[] }
type Cell = { value?: unknown; count: number }

/** Groups all records of the run and adds them up. The groups leave when the last read that feeds them has ended. */
export const summarise: PureStep = async ({ parts, batch, planned: { node } }, inputs) => {
  const records = inputs.get('in') ?? []
  // Settings were checked when the flow was planned.
  const settings = node.settings as SummariseSettings
  const rejected = await gatherRecords(node.id, settings, parts.journal, batch, records)
  return { ports: {}, rejected, counts: { gathered: records.length - rejected.length } }
}

/** The key of a record's group. Records that lack a field form a group of their own. */
function groupKey(settings: SummariseSettings, record: DataRecord): string {
  return JSON.stringify(settings.by.map(({ path }) => readPath(record, path) ?? null))
}

function newGroup(settings: SummariseSettings, record: DataRecord): Group {
  return {
    by: Object.fromEntries(settings.by.map(({ name, path }) => [name, readPath(record, path) ?? null])),
    cells: settings.values.map(() => ({ count: 0 })),
  }
}

/**
 * Takes a record into its group. Nothing is changed when it cannot be taken.
 * @throws StepError INVALID_INPUT when a value to be added up is no number.
 */
function fold(settings: SummariseSettings, group: Group, record: DataRecord): void {
  const next = settings.values.map((value, index): Cell & { readonly added?: unknown } => {
    const cell = group.cells[index]!
    const found = value.path === undefined ? undefined : readPath(record, value.path)
    switch (value.fn) {
      case 'count':
        return value.path !== undefined && (found === undefined || found === null) ? cell : { count: cell.count + 1 }
      case 'first':
        return cell.count > 0 || found === undefined ? cell : { value: found, count: 1 }
      case 'last':
        return found === undefined ? cell : { value: found, count: cell.count + 1 }
      case 'list': {
        const one = value.path === undefined ? record : found
        if (one === undefined) return cell
        if (cell.count >= LONGEST_LIST) throw tooLong(value.name)
        return { value: cell.value ?? [], count: cell.count + 1, added: one }
      }
      case 'sum':
        return listed(found).reduce((sum: Cell, one) => {
          const amount = decimal(one, value.path)
          return { value: new Big(String(sum.value ?? '0')).plus(amount).toFixed(), count: sum.count + 1 }
        }, cell)
      case 'min':
      case 'max':
        return listed(found).reduce((best: Cell, one) => {
          if (best.count === 0) return { value: one, count: 1 }
          const order = compare(one, best.value, value.path)
          const better = value.fn === 'min' ? order < 0 : order > 0
          return { value: better ? one : best.value, count: best.count + 1 }
        }, cell)
      default:
        return value.fn satisfies never
    }
  })
  for (const [index, { added, ...cell }] of next.entries()) {
    // Only now: nothing is changed when one of the values cannot be taken.
    if (added !== undefined) (cell.value as unknown[]).push(added)
    group.cells[index] = cell
  }
}

const tooLong = (name: string) =>
  new StepError('INVALID_INPUT', `“${name}” would have more than ${LONGEST_LIST.toLocaleString('en')} elements.`)

/** Takes a batch's records into their groups, and says which could not be taken. The groups settle with the batch. */
async function gatherRecords(
  node: string,
  settings: SummariseSettings,
  journal: Journal,
  batch: Batch,
  records: readonly DataRecord[],
): Promise<readonly Rejected[]> {
  const keys = records.map((record) => groupKey(settings, record))
  await failpoint('summarise.groups:before')
  const stored = await journal.groups(node, [...new Set(keys)])
  await failpoint('summarise.groups:after')
  const groups = new Map(
    // What a group is stored as, this file wrote.
    [...stored].map(([key, { seq, state }]) => [key, { seq, group: structuredClone(state) as Group }]),
  )
  const rejected: Rejected[] = []
  for (const [index, record] of records.entries()) {
    const key = keys[index]!
    // Groups are numbered by where they first appeared: batch, then place in it.
    const entry = groups.get(key) ?? { seq: batch.number * 1_000_000 + index, group: newGroup(settings, record) }
    try {
      fold(settings, entry.group, record)
      groups.set(key, entry)
    } catch (error) {
      if (!(error instanceof StepError) || error.reaction !== 'reject') throw error
      rejected.push({ record, code: error.code, message: error.message })
    }
  }
  for (const [group, entry] of groups) batch.fold({ node, group, seq: entry.seq, state: entry.group })
  return rejected
}

/** The record a group becomes. Sums are numbers again where fifteen digits hold them, texts where not. */
export function summary(settings: SummariseSettings, group: Group): DataRecord {
  const values = settings.values.map((value, index) => {
    const cell = group.cells[index]!
    if (value.fn === 'count') return [value.name, cell.count] as const
    if (value.fn === 'list') return [value.name, cell.value ?? []] as const
    if (value.fn === 'sum') return [value.name, numberOrText(String(cell.value ?? '0'))] as const
    return [value.name, cell.value ?? null] as const
  })
  return { ...group.by, ...Object.fromEntries(values) }
}

const listed = (found: unknown): unknown[] =>
  found === undefined || found === null ? [] : Array.isArray(found) ? found : [found]

function decimal(value: unknown, path: string | undefined): Big {
  const found = decimalOf(value)
  if (found) return found
  throw new StepError('INVALID_INPUT', `“${path}” cannot be added up: it holds ${kindOf(value)}, not a number.`)
}

function compare(a: unknown, b: unknown, path: string | undefined): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0
  throw new StepError(
    'INVALID_INPUT',
    `“${path}” cannot be compared: it holds ${kindOf(a)} here and ${kindOf(b)} elsewhere.`,
  )
}
