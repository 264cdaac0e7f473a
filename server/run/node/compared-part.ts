import type { DataRecord } from '../../../connectors/kit/connector.ts'
import { readPath } from '../record/field-path.ts'

/** Which part of a record counts: all of it, only the listed fields, or all but those. */
export type Compared = { readonly compare: 'all' | 'only' | 'all-but'; readonly fields: readonly string[] }

/** The part of a record that counts. With `only`, a field that is missing counts like null. */
export function comparedPart(record: DataRecord, { compare, fields }: Compared): DataRecord {
  switch (compare) {
    case 'all':
      return record
    case 'only':
      return Object.fromEntries(fields.map((path) => [path, readPath(record, path) ?? null]))
    case 'all-but':
      return fields.reduce((left: unknown, path) => without(left, path.split('.')), record) as DataRecord
    default:
      return compare satisfies never
  }
}

/** A copy that lacks the field; lists on the way are walked through. What does not have it is answered as it is. */
function without(value: unknown, path: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((element) => without(element, path))
  const [name, ...rest] = path
  if (value === null || typeof value !== 'object' || name === undefined || !Object.hasOwn(value, name)) return value
  const { [name]: field, ...others } = value as { readonly [name: string]: unknown }
  return rest.length === 0 ? others : { ...others, [name]: without(field, rest) }
}
