import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'

type Check = ReturnType<typeof Compile>
type PayloadCheck = { readonly fits: (value: unknown) => boolean; readonly whole: Check }

const checks = new WeakMap<object, PayloadCheck>()

/** The check of an operation's payloads, made once. `whole` tells what is wrong with one that does not fit. */
export function payloadCheck(schema: TSchema): PayloadCheck {
  let check = checks.get(schema)
  if (!check) {
    const whole = Compile(schema)
    check = { whole, fits: fieldByField(schema) ?? ((value) => whole.Check(value)) }
    checks.set(schema, check)
  }
  return check
}

/**
 * For a bag of fields of any name and one kind of value, as contacts are: the library makes a list of all entries, a
 * tenth of all that a bulk run allocates per record.
 */
function fieldByField(schema: TSchema): ((value: unknown) => boolean) | undefined {
  // A schema is JSON by what it is.
  const { type, patternProperties: patterns, ...rest } = schema as { readonly [keyword: string]: unknown }
  // Titles, descriptions and our own hints for the editor (x-…) check nothing; anything else does.
  const told = Object.keys(rest).every((keyword) => /^(?:title|description|x-.*)$/.test(keyword))
  if (type !== 'object' || !told || typeof patterns !== 'object' || patterns === null) return undefined
  const [only, ...others] = Object.entries(patterns)
  if (only?.[0] !== '^.*$' || others.length > 0) return undefined
  const field = Compile(only[1])
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
    // An object of JSON has no fields but its own.
    for (const name in value) if (!field.Check((value as { readonly [name: string]: unknown })[name])) return false
    return true
  }
}
