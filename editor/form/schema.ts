/** The part of JSON Schema that forms are made from: an object of named fields. Anything else is edited as JSON. */
export type Field = {
  readonly name: string
  readonly title: string
  readonly description: string | undefined
  readonly required: boolean
  readonly default: unknown
  readonly type: 'text' | 'long' | 'address' | 'whole' | 'number' | 'yes-no' | 'choice' | 'list' | 'json'
  readonly choices: readonly { readonly value: string; readonly label: string }[]
}

type Schema = { readonly [keyword: string]: unknown }

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** Fields in the order of the schema. */
export function fieldsOf(schema: Schema): readonly Field[] {
  const properties = isSchema(schema['properties']) ? schema['properties'] : {}
  const required = Array.isArray(schema['required']) ? schema['required'] : []
  return Object.entries(properties).flatMap(([name, property]) =>
    isSchema(property) ? [fieldOf(name, property, required.includes(name))] : [],
  )
}

function fieldOf(name: string, schema: Schema, required: boolean): Field {
  const choices = choicesOf(schema)
  return {
    name,
    title: textOf(schema['title']) ?? name,
    description: textOf(schema['description']),
    // A field with a default is filled in by it; only one without can be forgotten.
    required: required && schema['default'] === undefined,
    default: schema['default'],
    type: choices.length > 0 ? 'choice' : typeOf(schema),
    choices,
  }
}

function typeOf(schema: Schema): Field['type'] {
  switch (schema['type']) {
    case 'string':
      if (schema['format'] === 'uri') return 'address'
      return schema['format'] === 'jsonata' ? 'long' : 'text'
    case 'integer':
      return 'whole'
    case 'number':
      return 'number'
    case 'boolean':
      return 'yes-no'
    case 'array':
      return isSchema(schema['items']) && schema['items']['type'] === 'string' ? 'list' : 'json'
    default:
      return 'json'
  }
}

function choicesOf(schema: Schema): Field['choices'] {
  const label = (value: string): string => value.charAt(0).toUpperCase() + value.slice(1).replaceAll('-', ' ')
  if (Array.isArray(schema['enum'])) {
    return schema['enum'].filter((value) => typeof value === 'string').map((value) => ({ value, label: label(value) }))
  }
  const options = schema['anyOf'] ?? schema['oneOf']
  if (!Array.isArray(options)) return []
  const constants = options.filter(isSchema).flatMap((option) => {
    const value = textOf(option['const'])
    return value === undefined ? [] : [{ value, label: textOf(option['title']) ?? label(value) }]
  })
  // A union of other things than constants is no list to choose from.
  return constants.length === options.length ? constants : []
}

/** What a person has typed, field by field; sent only after `read`. */
export type Typed = { readonly [name: string]: string | boolean | readonly string[] }

export function typedFrom(fields: readonly Field[], values: { readonly [name: string]: unknown }): Typed {
  return Object.fromEntries(fields.map((field) => [field.name, typed(field, values[field.name] ?? field.default)]))
}

function typed(field: Field, value: unknown): string | boolean | readonly string[] {
  if (field.type === 'yes-no') return value === true
  if (field.type === 'list') return Array.isArray(value) ? value.map(String) : []
  if (value === undefined || value === null) return ''
  return field.type === 'json' ? JSON.stringify(value, null, 2) : String(value)
}

export type Reading =
  | { readonly ok: true; readonly values: { readonly [name: string]: unknown } }
  | { readonly ok: false; readonly mistakes: { readonly [name: string]: string } }

/** Values as the server takes them; empty optional fields are left out. Its own check follows and has the last word. */
export function read(fields: readonly Field[], typedIn: Typed): Reading {
  const values: { [name: string]: unknown } = {}
  const mistakes: { [name: string]: string } = {}
  for (const field of fields) {
    const entered = typedIn[field.name] ?? ''
    if (typeof entered === 'boolean') values[field.name] = entered
    else if (typeof entered !== 'string') {
      if (entered.length > 0 || field.required) values[field.name] = entered.filter((item) => item.trim() !== '')
    } else if (entered.trim() === '') {
      if (field.required) mistakes[field.name] = `${field.title} is needed.`
    } else {
      const value = readText(field, entered.trim())
      if ('mistake' in value) mistakes[field.name] = value.mistake
      else values[field.name] = value.value
    }
  }
  return Object.keys(mistakes).length > 0 ? { ok: false, mistakes } : { ok: true, values }
}

function readText(field: Field, text: string): { readonly value: unknown } | { readonly mistake: string } {
  if (field.type === 'whole') {
    return /^-?\d+$/.test(text)
      ? { value: Number(text) }
      : { mistake: `${field.title} is a whole number, for example 15.` }
  }
  if (field.type === 'number') {
    const value = Number(text)
    return Number.isFinite(value) ? { value } : { mistake: `${field.title} is a number, for example 2.5.` }
  }
  if (field.type === 'address') {
    return URL.canParse(text)
      ? { value: text }
      : { mistake: `${field.title} is an address, for example https://api.example.com.` }
  }
  if (field.type === 'json') {
    try {
      return { value: JSON.parse(text) }
    } catch {
      return { mistake: `${field.title} is no valid JSON.` }
    }
  }
  return { value: text }
}
