import Big from 'big.js'
import { keyText } from './field-path.ts'

// Amounts travel as JSON numbers, or as texts where they are longer than fifteen digits. Sums are decimal.

/** The decimal that a number, or a text of one, stands for; undefined for anything else. */
export function decimalOf(value: unknown): Big | undefined {
  const text = typeof value === 'boolean' ? undefined : keyText(value)
  return text !== undefined && /^-?\d+(\.\d+)?(e[+-]?\d{1,3})?$/i.test(text) ? new Big(text) : undefined
}

/** A decimal text as a number again where fifteen digits hold it, as text where not. */
export function numberOrText(text: string): number | string {
  return text.replace(/[-.]/g, '').replace(/^0+/, '').length <= 15 ? Number(text) : text
}

/** The kind of a value, for messages. */
export const kindOf = (value: unknown): string =>
  value === null || value === undefined ? 'nothing' : Array.isArray(value) ? 'a list' : `a ${typeof value}`
