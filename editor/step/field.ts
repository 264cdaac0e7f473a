import { choicesOf, isObject, itemsOf, propertiesOf, requiredOf, type Schema } from '../../server/flow/schema/schema.ts'

/** How one setting is edited. */
export type FieldKind =
  | 'expression'
  | 'path'
  | 'choice'
  | 'choices'
  | 'yes-no'
  | 'whole'
  | 'number'
  | 'text'
  | 'long'
  | 'texts'
  | 'groups'
  | 'group'
  | 'options'
  | 'many-options'
  | 'json'

export type Field = {
  readonly name: string
  readonly title: string
  readonly description: string | undefined
  readonly schema: Schema
  readonly kind: FieldKind
  readonly required: boolean
  /** What it is when left out; undefined for nothing. */
  readonly fallback: unknown
}

export function fieldsOf(schema: Schema): readonly Field[] {
  const required = requiredOf(schema)
  return Object.entries(propertiesOf(schema)).map(([name, property]) =>
    fieldOf(name, property, required.includes(name)),
  )
}

export function fieldOf(name: string, schema: Schema, required: boolean): Field {
  const title = typeof schema['title'] === 'string' ? schema['title'] : wordsOf(name)
  const description = typeof schema['description'] === 'string' ? schema['description'] : undefined
  return {
    name,
    title,
    description,
    schema,
    kind: kindOf(schema),
    required: required && schema['default'] === undefined,
    fallback: schema['default'],
  }
}

function kindOf(schema: Schema): FieldKind {
  if (isObject(schema['x-options']) || typeof schema['x-options'] === 'string') return 'options'
  if (choicesOf(schema) !== undefined) return 'choice'
  switch (schema['type']) {
    case 'string':
      if (schema['format'] === 'jsonata') return 'expression'
      if (schema['format'] === 'path') return 'path'
      return typeof schema['maxLength'] === 'number' && schema['maxLength'] > 1000 ? 'long' : 'text'
    case 'integer':
      return 'whole'
    case 'number':
      return 'number'
    case 'boolean':
      return 'yes-no'
    case 'array': {
      const items = itemsOf(schema)
      if (items === undefined) return 'json'
      if (typeof items['x-options'] === 'string') return 'many-options'
      if (choicesOf(items) !== undefined) return 'choices'
      if (items['type'] === 'string') return 'texts'
      return items['type'] === 'object' ? 'groups' : 'json'
    }
    case 'object':
      return Object.keys(propertiesOf(schema)).length > 0 ? 'group' : 'json'
    default:
      return 'json'
  }
}

/** `keyField` → “Key field”. */
export function wordsOf(name: string): string {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll(/[-_]/g, ' ')
    .toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** Choices with a label each; constants may bring a title. */
export function labelledChoices(schema: Schema): readonly { readonly value: string; readonly label: string }[] {
  const branches = Array.isArray(schema['anyOf'])
    ? schema['anyOf']
    : Array.isArray(schema['oneOf'])
      ? schema['oneOf']
      : []
  const titles = new Map(
    branches
      .filter(isObject)
      .flatMap((one) => (typeof one['title'] === 'string' ? [[String(one['const']), one['title']] as const] : [])),
  )
  return (choicesOf(schema) ?? []).map((value) => ({
    value: String(value),
    label: titles.get(String(value)) ?? (/^[A-Z0-9_]+$/.test(String(value)) ? String(value) : wordsOf(String(value))),
  }))
}
