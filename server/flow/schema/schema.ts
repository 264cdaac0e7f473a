/** The part of JSON Schema that flows and settings are declared in, read in one place. */
export type Schema = { readonly [keyword: string]: unknown }
export type Json = { readonly [name: string]: unknown }

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function own(object: Json, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

export function propertiesOf(schema: Schema): { readonly [name: string]: Schema } {
  const properties = own(schema, 'properties')
  // The keyword's values are schemas by the definition of JSON Schema.
  return isObject(properties) ? (properties as { readonly [name: string]: Schema }) : {}
}

export function requiredOf(schema: Schema): readonly string[] {
  return texts(schema.required)
}

/** Schema of the elements of a list. */
export function itemsOf(schema: Schema): Schema | undefined {
  return isObject(schema.items) ? schema.items : undefined
}

/** The forms a value may take, where the schema leaves a choice. */
export function branchesOf(schema: Schema): readonly Schema[] | undefined {
  const branches = schema.anyOf ?? schema.oneOf
  return Array.isArray(branches) ? branches.filter(isObject) : undefined
}

/** The values of a closed choice (`enum`, or a union of constants), or undefined. */
export function choicesOf(schema: Schema): readonly unknown[] | undefined {
  if (Array.isArray(schema.enum)) return schema.enum
  if (Object.hasOwn(schema, 'const')) return [schema.const]
  const branches = branchesOf(schema)
  if (branches === undefined || branches.length === 0) return undefined
  return branches.every((branch) => Object.hasOwn(branch, 'const')) ? branches.map((branch) => branch.const) : undefined
}

/** Schema of the field `name`; undefined when the object may not have it, `{}` when anything goes. */
export function fieldSchema(schema: Schema, name: string): Schema | undefined {
  const properties = propertiesOf(schema)
  if (Object.hasOwn(properties, name)) return properties[name]
  if (isObject(schema.patternProperties)) {
    for (const [pattern, field] of Object.entries(schema.patternProperties)) {
      if (isObject(field) && new RegExp(pattern, 'u').test(name)) return field
    }
  }
  if (schema.additionalProperties === false) return undefined
  return isObject(schema.additionalProperties) ? schema.additionalProperties : {}
}

/**
 * Fills in what the schema demands and has a default for. Fields that may be absent stay absent: absence means
 * something (a schedule without minutes).
 */
export function withDefaults(schema: Schema, value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = itemsOf(schema)
    return items ? value.map((element) => withDefaults(items, element)) : value
  }
  if (!isObject(value)) return value
  const entries = Object.entries(value).map(([name, field]): [string, unknown] => {
    const of = fieldSchema(schema, name)
    return [name, of ? withDefaults(of, field) : field]
  })
  for (const name of requiredOf(schema)) {
    const field = propertiesOf(schema)[name]
    if (!Object.hasOwn(value, name) && field && Object.hasOwn(field, 'default')) entries.push([name, field.default])
  }
  return Object.fromEntries(entries)
}

/** A node's settings as its operation gets them. */
export function settingsOf(node: { readonly settings: Json }, info: { readonly settings: Schema }): Json {
  const settings = withDefaults(info.settings, node.settings)
  return isObject(settings) ? settings : node.settings
}

/** Texts of the settings whose schema has `format`, with their dotted paths, in the order of the settings' names. */
export function textsOfFormat(
  schema: Schema,
  value: unknown,
  format: string,
  path = '',
): { field: string; text: string }[] {
  if (typeof value === 'string') return schema.format === format ? [{ field: path, text: value }] : []
  const below = path === '' ? '' : `${path}.`
  if (Array.isArray(value)) {
    const items = itemsOf(schema)
    return items ? value.flatMap((element, index) => textsOfFormat(items, element, format, `${below}${index}`)) : []
  }
  if (!isObject(value)) return []
  return Object.keys(value)
    .sort()
    .flatMap((name) => textsOfFormat(fieldSchema(schema, name) ?? {}, value[name], format, `${below}${name}`))
}

export function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((element) => typeof element === 'string') : []
}
