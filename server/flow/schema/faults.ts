import { Value } from 'typebox/value'
import {
  branchesOf,
  choicesOf,
  fieldSchema,
  isObject,
  itemsOf,
  propertiesOf,
  requiredOf,
  type Schema,
} from './schema.ts'
import { describeValue, nearest, oneOf, quote } from './wording.ts'

/** Where a value does not fit its schema, in words a person understands. */
export type Fault = {
  readonly kind: 'missing' | 'unknown' | 'invalid'
  readonly path: readonly (string | number)[]
  /** What the place is called: the title in the schema, else the field's name; lists count from 1. */
  readonly place: string
  /** Goes on after the place: “is missing; …”, “must be …”. */
  readonly says: string
}

/** More than this nobody reads, and a hostile document has a million. */
const MOST_FAULTS = 100

export function findFaults(schema: Schema, value: unknown): readonly Fault[] {
  const faults: Fault[] = []
  walk({ schema, value, path: [], place: '' }, faults)
  if (faults.length > 0) return faults
  // Keywords that the walk below does not know are still judged, in plainer words.
  if (Value.Check(schema, value)) return []
  return Value.Errors(schema, value)
    .slice(0, MOST_FAULTS)
    .map((error) => {
      const path = error.instancePath.split('/').slice(1)
      return { kind: 'invalid', path, place: path.map((step) => quote(step)).join(' › '), says: `${error.message}` }
    })
}

type Place = {
  readonly schema: Schema
  readonly value: unknown
  readonly path: readonly (string | number)[]
  readonly place: string
}

function walk(at: Place, faults: Fault[]): void {
  if (faults.length >= MOST_FAULTS) return
  const { schema, value } = at
  const says = complaint(schema, value)
  if (says !== undefined) faults.push({ kind: 'invalid', path: at.path, place: at.place, says })
  else if (choicesOf(schema) === undefined && branchesOf(schema)) walkBranches(at, faults)
  else if (Array.isArray(value)) {
    const items = itemsOf(schema)
    if (!items) return
    for (const [index, element] of value.entries()) {
      walk(
        { schema: items, value: element, path: [...at.path, index], place: below(at.place, `no. ${index + 1}`) },
        faults,
      )
    }
  } else if (isObject(value)) walkFields(at, value, faults)
}

function walkFields(at: Place, value: { readonly [name: string]: unknown }, faults: Fault[]): void {
  const properties = propertiesOf(at.schema)
  for (const name of requiredOf(at.schema)) {
    if (Object.hasOwn(value, name)) continue
    const says = `is missing; give ${expectation(properties[name] ?? {})}`
    faults.push({
      kind: 'missing',
      path: [...at.path, name],
      place: below(at.place, label(properties[name], name)),
      says,
    })
  }
  for (const name of Object.keys(value)) {
    if (faults.length >= MOST_FAULTS) return
    const path = [...at.path, name]
    const schema = fieldSchema(at.schema, name)
    if (schema) walk({ schema, value: value[name], path, place: below(at.place, label(schema, name)) }, faults)
    else
      faults.push({ kind: 'unknown', path, place: below(at.place, quote(name)), says: unknownField(at.schema, name) })
  }
}

function unknownField(schema: Schema, name: string): string {
  const known = Object.keys(propertiesOf(schema))
  if (known.length === 0 && isObject(schema.patternProperties)) {
    return `is no name that may stand here; it must match ${oneOf(Object.keys(schema.patternProperties))}`
  }
  const meant = nearest(name, known)
  const remedy = meant ? `did you mean ${quote(meant)}? If not, remove it` : 'remove it'
  return `is not known here; ${remedy}${known.length > 0 ? ` (known: ${known.join(', ')})` : ''}`
}

/** Judges by the only form that is of the value's kind, so that the complaint is about the right one. */
function walkBranches(at: Place, faults: Fault[]): void {
  const tries = (branchesOf(at.schema) ?? []).map((schema) => {
    const found: Fault[] = []
    walk({ ...at, schema }, found)
    return { schema, found }
  })
  if (tries.some(({ found }) => found.length === 0)) return
  const fitting = tries.filter(
    ({ schema, found }) => found[0]?.path.length !== at.path.length && fitsConstants(schema, at.value),
  )
  if (fitting.length === 1) faults.push(...(fitting[0]?.found ?? []))
  else {
    const says = `must be ${expectation(at.schema)}, not ${describeValue(at.value)}`
    faults.push({ kind: 'invalid', path: at.path, place: at.place, says })
  }
}

function fitsConstants(schema: Schema, value: unknown): boolean {
  return Object.entries(propertiesOf(schema)).every(
    ([name, field]) => !Object.hasOwn(field, 'const') || (isObject(value) && value[name] === field.const),
  )
}

/** What is wrong with the value itself, its parts apart. */
function complaint(schema: Schema, value: unknown): string | undefined {
  const must = (what: string) => `must be ${what}, not ${describeValue(value)}`
  const choices = choicesOf(schema)
  if (choices) return choices.includes(value) ? undefined : must(expectation(schema)) + meantChoice(choices, value)
  const kind = schema.type
  if (typeof kind === 'string' && !isOfKind(kind, value)) return must(expectation(schema))
  if (typeof value === 'number' && !inBounds(schema, value)) return must(expectation(schema))
  if (Array.isArray(value)) {
    if (typeof schema.minItems === 'number' && value.length < schema.minItems) {
      return `needs at least ${schema.minItems === 1 ? 'one element' : `${schema.minItems} elements`}; add what is missing`
    }
    if (typeof schema.maxItems === 'number' && value.length > schema.maxItems) {
      return `has ${value.length} elements and may have ${schema.maxItems}; remove some`
    }
  }
  return typeof value === 'string' ? textComplaint(schema, value) : undefined
}

function meantChoice(choices: readonly unknown[], value: unknown): string {
  const words = choices.filter((choice) => typeof choice === 'string')
  const meant = typeof value === 'string' ? nearest(value, words) : undefined
  return meant ? ` (did you mean ${quote(meant)}?)` : ''
}

function textComplaint(schema: Schema, text: string): string | undefined {
  if (typeof schema.minLength === 'number' && text.length < schema.minLength) {
    return text === '' ? `is empty; give ${expectation(schema)}` : `needs at least ${schema.minLength} characters`
  }
  if (typeof schema.maxLength === 'number' && text.length > schema.maxLength) {
    return `has ${text.length} characters and may have ${schema.maxLength}; shorten it`
  }
  if (schema.format === 'jsonata' && text.trim() === '') return 'is empty; give an expression'
  if (schema.format === 'path') {
    const steps = text.split('.')
    if (steps.some((step) => step.trim() === '')) {
      return `must be a field path such as “Contact.ContactID”, a name on each side of every dot, not ${quote(text)}`
    }
    if (steps.includes('__proto__')) return 'may not lead through “__proto__”; name a field of the record'
  }
  if (typeof schema.pattern === 'string' && !new RegExp(schema.pattern, 'u').test(text)) {
    if (text === '') return `is empty; give ${expectation(schema)} of the form ${schema.pattern}`
    return `does not have the form ${schema.pattern}: ${quote(text)}; change it to fit`
  }
  return undefined
}

function isOfKind(kind: string, value: unknown): boolean {
  if (kind === 'integer') return Number.isInteger(value)
  if (kind === 'number') return Number.isFinite(value)
  if (kind === 'array') return Array.isArray(value)
  if (kind === 'object') return isObject(value)
  if (kind === 'null') return value === null
  return kind === 'boolean' ? typeof value === 'boolean' : typeof value === 'string'
}

function inBounds(schema: Schema, value: number): boolean {
  const { minimum, maximum } = schema
  return !(typeof minimum === 'number' && value < minimum) && !(typeof maximum === 'number' && value > maximum)
}

/** What may stand there: “a whole number from 1 to 1440”. */
function expectation(schema: Schema): string {
  const choices = choicesOf(schema)
  if (choices)
    return oneOf(choices.map((choice) => (typeof choice === 'string' ? quote(choice) : JSON.stringify(choice))))
  const branches = branchesOf(schema)
  if (branches) return oneOf([...new Set(branches.map(expectation))])
  switch (schema.type) {
    case 'integer':
      return `a whole number${bounds(schema)}`
    case 'number':
      return `a number${bounds(schema)}`
    case 'boolean':
      return 'true or false'
    case 'array':
      return 'a list'
    case 'object':
      return 'an object'
    case 'null':
      return 'null'
    case 'string':
      if (schema.format === 'jsonata') return 'an expression'
      return schema.format === 'path' ? 'a field path such as “Contact.ContactID”' : 'a text'
    default:
      return 'a value'
  }
}

function bounds({ minimum, maximum }: Schema): string {
  if (typeof minimum === 'number' && typeof maximum === 'number') return ` from ${minimum} to ${maximum}`
  if (typeof minimum === 'number') return ` of at least ${minimum}`
  return typeof maximum === 'number' ? ` of at most ${maximum}` : ''
}

function label(schema: Schema | undefined, name: string): string {
  return quote(typeof schema?.title === 'string' ? schema.title : name)
}

function below(place: string, name: string): string {
  return place === '' ? name : `${place} › ${name}`
}
