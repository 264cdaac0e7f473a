import Big from 'big.js'
import type { DataRecord } from '../../../connectors/kit/connector.ts'
import { StepError } from '../../../connectors/kit/errors.ts'
import { decimalOf, kindOf, numberOrText } from '../record/decimal.ts'
import { readPath } from '../record/field-path.ts'
import type { Contribution, Given, RunningCell, RunningState } from '../journal/running-memory.ts'

export type RunningValues = readonly {
  readonly name: string
  readonly fn: 'sum' | 'count' | 'min' | 'max' | 'first' | 'last'
  readonly path?: string
}[]
type Value = RunningValues[number]

/** Under what a value is kept: what it is taken of, so that it may be renamed. */
const nameOf = ({ fn, path }: Value): string => `${fn} ${path ?? ''}`
export const namesOf = (values: RunningValues): string[] => values.map(nameOf)

/**
 * What a record gives to each value: a decimal text to a sum, 1 to a count, a number or text to the others. Nothing where
 * the field is missing. @throws StepError INVALID_INPUT
 */
export function given(values: RunningValues, record: DataRecord): { readonly [name: string]: Given } {
  return Object.fromEntries(
    values.flatMap((value): [string, Given][] => {
      const found = value.path === undefined ? 1 : readPath(record, value.path)
      if (found === undefined || found === null) return []
      return [[nameOf(value), oneOf(value, found)]]
    }),
  )
}

function oneOf({ fn, path }: Value, found: unknown): Given {
  if (fn === 'count') return 1
  if (fn === 'sum') {
    const sum = (Array.isArray(found) ? found : [found]).reduce((all: Big, one: unknown) => {
      const amount = decimalOf(one)
      if (amount) return all.plus(amount)
      throw new StepError('INVALID_INPUT', `“${path}” cannot be added up: it holds ${kindOf(one)}, not a number.`)
    }, new Big(0))
    return sum.toFixed()
  }
  if (typeof found === 'number' || typeof found === 'boolean') return found
  if (typeof found === 'string' && found.length <= 200) return found
  const what = typeof found === 'string' ? 'a text of more than 200 characters' : kindOf(found)
  throw new StepError('INVALID_INPUT', `“${path}” cannot be kept: it holds ${what}, not a number or a short text.`)
}

/** The state with a contribution in the place of what it gave before. `others`: all else that the key has. */
export async function takeIn(
  values: RunningValues,
  state: RunningState,
  before: Contribution | undefined,
  next: Contribution,
  others: () => AsyncIterable<Contribution>,
): Promise<RunningState> {
  const cells: { [name: string]: RunningCell } = { ...state.cells }
  const again: Value[] = []
  for (const value of values) {
    const name = nameOf(value)
    const [old, now] = [before?.cells[name], next.cells[name]]
    if (old === now) continue
    const cell = cells[name]
    // Taking away what a cell shows leaves open what it shows instead.
    if (old !== undefined && cell && shows(value, cell, old, next.seq)) again.push(value)
    else cells[name] = put(value, remove(value, cell, old), now, next.seq)
  }
  if (again.length > 0) {
    for (const value of again) cells[nameOf(value)] = put(value, undefined, next.cells[nameOf(value)], next.seq)
    for await (const other of others()) {
      for (const value of again) {
        const name = nameOf(value)
        cells[name] = put(value, cells[name], other.cells[name], other.seq)
      }
    }
  }
  return { next: state.next, cells }
}

function shows({ fn }: Value, cell: RunningCell, old: Given, seq: number): boolean {
  if (fn === 'first' || fn === 'last') return cell.seq === seq
  return (fn === 'min' || fn === 'max') && cell.value === old
}

function remove({ fn }: Value, cell: RunningCell | undefined, old: Given | undefined): RunningCell | undefined {
  if (!cell || old === undefined) return cell
  const count = cell.count - 1
  return fn === 'sum' ? { count, value: new Big(String(cell.value)).minus(String(old)).toFixed() } : { ...cell, count }
}

function put(value: Value, cell: RunningCell | undefined, now: Given | undefined, seq: number): RunningCell {
  const { fn } = value
  if (now === undefined) return cell ?? { count: 0 }
  const count = (cell?.count ?? 0) + 1
  if (fn === 'count') return { count }
  if (fn === 'sum') return { count, value: new Big(String(cell?.value ?? 0)).plus(String(now)).toFixed() }
  if (cell?.value === undefined) return { count, value: now, seq }
  const better =
    fn === 'first'
      ? seq < (cell.seq ?? 0)
      : fn === 'last'
        ? seq > (cell.seq ?? 0)
        : fn === 'min'
          ? order(value, now, cell.value) < 0
          : order(value, now, cell.value) > 0
  return better ? { count, value: now, seq } : { ...cell, count }
}

function order({ path }: Value, a: Given, b: Given): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0
  const message = `“${path}” cannot be compared: it holds ${kindOf(a)} here and ${kindOf(b)} elsewhere.`
  throw new StepError('INVALID_INPUT', message)
}

/** The values as they go on with the record. */
export function shown(values: RunningValues, { cells }: RunningState): DataRecord {
  return Object.fromEntries(
    values.map((value) => {
      const cell = cells[nameOf(value)]
      if (value.fn === 'count') return [value.name, cell?.count ?? 0]
      if (value.fn === 'sum') return [value.name, numberOrText(String(cell?.value ?? '0'))]
      return [value.name, cell?.value ?? null]
    }),
  )
}
