import type { DataRecord } from '../../../connectors/kit/connector.ts'
import { type CompareSettings, dayOf } from './compare.ts'
import { decimalOf, numberOrText } from '../record/decimal.ts'
import { readPath } from '../record/field-path.ts'

/** `by`: right minus left, of decimals. */
export type Difference = {
  readonly field: string
  readonly left: unknown
  readonly right: unknown
  readonly by?: number | string
}

/** In which of the compared fields two records of one key differ. */
export function differencesOf(settings: CompareSettings, left: DataRecord, right: DataRecord): readonly Difference[] {
  return settings.fields.flatMap((field) => {
    const pair = { left: readPath(left, field.left) ?? null, right: readPath(right, field.right) ?? null }
    if (pair.left === null && pair.right === null) return []
    const found = { field: field.name, ...pair }
    if (pair.left === null || pair.right === null) return [found]
    switch (field.kind) {
      case 'text':
        return textOf(pair.left) === textOf(pair.right) ? [] : [found]
      case 'date':
        return dayOf(pair.left) === dayOf(pair.right) ? [] : [found]
      case 'decimal': {
        // Both were looked at before they were kept.
        const by = decimalOf(pair.right)!.minus(decimalOf(pair.left)!)
        return by.abs().lte(String(field.tolerance ?? 0)) ? [] : [{ ...found, by: numberOrText(by.toFixed()) }]
      }
      default:
        return field.kind satisfies never
    }
  })
}

const textOf = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value))
