import { newId } from '../../server/store/database/ids.ts'
import type { Schema } from './described.ts'

/** Where in a value an id stands: names of fields, `[]` for the first of a list. */
export type Place = readonly string[]

/** What stands under names that people choose, such as slots. */
const chosen = ({ patternProperties, additionalProperties }: Schema): Schema | undefined =>
  Object.values(patternProperties ?? {})[0] ??
  (typeof additionalProperties === 'object' ? additionalProperties : undefined)

/** Every place for an id in what a schema takes. */
export function placesOf(schema: Schema, at: Place = []): Place[] {
  if (schema.format === 'uuid') return [at]
  const value = chosen(schema)
  return [
    ...(schema.anyOf ?? []).flatMap((one) => placesOf(one, at)),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, one]) => placesOf(one, [...at, name])),
    ...(value ? placesOf(value, [...at, 'ledger']) : []),
    ...(schema.items ? placesOf(schema.items, [...at, '[]']) : []),
  ]
}

const FORMATS: { readonly [format: string]: string } = {
  email: 'guest@example.com',
  date: '2026-11-01',
  'date-time': '2026-11-01T00:00:00Z',
}

/** The least that a schema takes, with an id `at` a place; `own` gives the ids that are asked for besides, by field. */
export function least(
  schema: Schema,
  own: (field: string) => string = newId,
  at?: { readonly place: Place; readonly id: string },
  field = '',
): unknown {
  if (at?.place.length === 0) return at.id
  if (schema.const !== undefined) return schema.const
  if (schema.enum) return schema.enum[0]
  if (schema.anyOf) {
    const leads = (one: Schema) => placesOf(one).some((found) => found.join() === at?.place.join())
    return least(schema.anyOf.find(leads) ?? schema.anyOf[0]!, own, at, field)
  }
  const [next, ...rest] = at?.place ?? []
  const further = at && { ...at, place: rest }
  if (schema.type === 'array') {
    const length = Math.max(schema.minItems ?? 0, next === '[]' ? 1 : 0)
    const item = (index: number) => (index === 0 && next === '[]' ? further : undefined)
    return Array.from({ length }, (_, index) => least(schema.items ?? {}, own, item(index), field))
  }
  if (schema.type === 'object' || schema.properties) {
    const names = new Set([...(schema.required ?? []), ...(next === undefined ? [] : [next])])
    const of = (name: string) => schema.properties?.[name] ?? chosen(schema) ?? {}
    return Object.fromEntries(
      [...names].map((name) => [name, least(of(name), own, name === next ? further : undefined, name)]),
    )
  }
  if (schema.type === 'boolean') return false
  if (schema.type === 'integer' || schema.type === 'number') return schema.minimum ?? 1
  if (schema.format === 'uuid') return own(field)
  return FORMATS[schema.format ?? ''] ?? 'x'.repeat(Math.max(1, schema.minLength ?? 1))
}
