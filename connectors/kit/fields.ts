/** An answer or part of one as a bag of fields; everything that is not an object has none. */
export type Fields = { readonly [field: string]: unknown }

export const fieldsOf = (value: unknown): Fields =>
  // Any object can be read by field name; the reader checks each field's type.
  typeof value === 'object' && value !== null ? (value as Fields) : {}

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

export const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''

/** A whole number above zero, or what stands instead of it. */
export const countOf = (value: unknown, instead: number): number =>
  typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : instead
