import type { Failure } from './program.ts'
import { MAX_DEPTH } from './wire.ts'

/**
 * Doors for records, in and out: nothing too deep, no key that a careless merge would follow into a prototype, no
 * function, no more than so many bytes. Throws a Failure.
 */

const UNSAFE = new Set(['__proto__', 'constructor', 'prototype', '_jsonata_lambda', '_jsonata_function'])

let left = 0

export const refuse = (failure: Failure): never => {
  throw failure
}

const tooLarge = (): never =>
  refuse({
    code: 'EXPRESSION_OUTPUT_TOO_LARGE',
    message: 'The expression gives more data for one record than is allowed.',
    hint: 'Give fewer or shorter fields, or make several records with a split.',
  })

const tooDeep = (): never =>
  refuse({
    code: 'INVALID_INPUT',
    message: `Objects and lists stand more than ${MAX_DEPTH} deep inside one another.`,
  })

const unsafeKey = (key: string): never =>
  refuse({
    code: 'UNSAFE_KEY',
    message: `A field may not be called “${key}”.`,
    hint: 'Give the field another name.',
  })

const isFunction = (value: object): boolean => '_jsonata_lambda' in value || '_jsonata_function' in value

const gaveFunction = (): never =>
  refuse({
    code: 'EXPRESSION_FAILED',
    message: 'The expression gives a function where a value belongs.',
    hint: 'Call the function: $name(…) instead of $name.',
  })

const walk = (value: unknown, depth: number): void => {
  if (typeof value === 'string') left -= value.length + 2
  else if (typeof value !== 'object' || value === null) {
    if (typeof value === 'function') gaveFunction()
    left -= 8
  } else if (depth > MAX_DEPTH) tooDeep()
  else if (Array.isArray(value)) {
    left -= value.length
    if (left < 0) tooLarge()
    for (let index = 0; index < value.length; index++) walk(value[index], depth + 1)
  } else {
    for (const key in value) {
      if (UNSAFE.has(key)) {
        if (isFunction(value)) gaveFunction()
        unsafeKey(key)
      }
      left -= key.length + 4
      walk((value as Record<string, unknown>)[key], depth + 1) // an object that is not a list, read by its own key
    }
  }
  if (left < 0) tooLarge()
}

/** Checks what an expression gave, before it is written as JSON. */
export const checkOutput = (value: unknown, maxBytes: number): void => {
  left = maxBytes
  walk(value, 1)
}

const isUnsafe = (value: unknown, depth: number): Failure | undefined => {
  if (typeof value !== 'object' || value === null) return undefined
  if (depth > MAX_DEPTH) {
    return {
      code: 'INVALID_INPUT',
      message: `The record has objects and lists more than ${MAX_DEPTH} deep inside one another.`,
    }
  }
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const failure = isUnsafe(value[index], depth + 1)
      if (failure) return failure
    }
    return undefined
  }
  for (const key in value) {
    if (UNSAFE.has(key))
      return { code: 'UNSAFE_KEY', message: `The record has a field called “${key}”, which is not allowed.` }
    const failure = isUnsafe((value as Record<string, unknown>)[key], depth + 1) // as above
    if (failure) return failure
  }
  return undefined
}

/** Why a record may not go in, if so. */
export const inputFailure = (record: unknown): Failure | undefined =>
  typeof record === 'object' && record !== null && !Array.isArray(record)
    ? isUnsafe(record, 1)
    : { code: 'INVALID_INPUT', message: 'A record must be an object.' }

/** What reading back the JSON of a value gives, without the text in between. The value has passed `checkOutput`. */
export const plainCopy = (value: unknown): unknown => {
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : null // -0 becomes 0
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return Array.from(value, (element) => (element === undefined ? null : plainCopy(element)))
  const copy: Record<string, unknown> = Object.create(null)
  for (const key in value) {
    const element = (value as Record<string, unknown>)[key] // as above
    if (element !== undefined) copy[key] = plainCopy(element)
  }
  return copy
}
