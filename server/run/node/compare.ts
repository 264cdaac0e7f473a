import { StepError } from '../../../connectors/kit/errors.ts'
import type { DataRecord } from '../../../connectors/kit/connector.ts'
import type { Rejected } from '../batch/batch.ts'
import { decimalOf, kindOf } from '../record/decimal.ts'
import { keyOf, readPath } from '../record/field-path.ts'
import type { PureStep, PureWork } from './pure-step.ts'

export type Side = 'left' | 'right'
type Sides = { readonly left: string; readonly right: string }
export type CompareSettings = {
  readonly key: readonly Sides[]
  readonly fields: readonly (Sides & {
    readonly name: string
    readonly kind: 'text' | 'decimal' | 'date'
    readonly tolerance?: number
  })[]
  readonly total?: Sides
}

/** Keeps the records of both sides in the database until all are there. What cannot be compared is rejected. */
export const compare: PureStep = async (work, inputs) => {
  refuseParts(work)
  const { batch, planned } = work
  const { node } = planned
  const settings = node.settings as CompareSettings // checked when the flow was planned
  const rejected: Rejected[] = []
  let gathered = 0
  for (const side of ['left', 'right'] as const) {
    for (const record of inputs.get(side) ?? []) {
      const paths = settings.key.map((one) => one[side])
      const key = keyOf(record, paths)
      const wrong = key === undefined ? `There is no key at ${paths.join(' + ')}.` : faultOf(record, settings, side)
      if (key === undefined || wrong !== undefined) {
        rejected.push({ record, code: 'INVALID_INPUT', message: `On the ${side}: ${wrong}`, businessKey: key })
        continue
      }
      const amount = settings.total && decimalOf(readPath(record, settings.total[side]))?.toFixed()
      const kept = { node: node.id, input: side, key, position: batch.kept.length, record }
      batch.kept.push(amount === undefined ? kept : { ...kept, amount })
      gathered += 1
    }
  }
  return { ports: {}, rejected, counts: { gathered } }
}

/** Single records would stand on one side only, and be told as missing on the other. */
function refuseParts({ parts, planned: { node } }: PureWork): void {
  const { start } = parts.claim
  const part = start.kind === 'keys' || start.kind === 'exceptions' || (start.kind === 'step' && start.node !== node.id)
  if (!part) return
  throw new StepError(
    'CONFIG_INVALID',
    `“${node.name}” compares all records of both sides, and this run brings single ones. Run the flow as a whole.`,
  )
}

/** What keeps a record from being compared. */
function faultOf(record: DataRecord, { fields, total }: CompareSettings, side: Side): string | undefined {
  for (const { kind, [side]: path } of [...fields, ...(total ? [{ kind: 'decimal' as const, ...total }] : [])]) {
    const value = readPath(record, path)
    if (value === undefined || value === null) continue
    if (kind === 'decimal' && !decimalOf(value)) return `“${path}” holds ${kindOf(value)}, not a number.`
    if (kind === 'date' && dayOf(value) === undefined) return `“${path}” holds ${kindOf(value)}, not a date.`
  }
  return undefined
}

/** The calendar day as it stands in an ISO 8601 text. */
export function dayOf(value: unknown): string | undefined {
  return typeof value === 'string' ? /^\d{4}-\d{2}-\d{2}(?=$|[T ])/.exec(value)?.[0] : undefined
}
