import { compilePattern } from './linear-regexp.ts'
import { type Path, readPath, valueAt } from './paths.ts'
import type { Failure, FieldRule } from './program.ts'

/** Faults that a message names. */
const NAMED = 10

/** Answers what is wrong with a record, or nothing. Values are not quoted: they may be personal. */
export type CheckFields = (record: object) => Failure | undefined

/** Throws when a pattern cannot be used. */
export const fieldChecker = (rules: readonly FieldRule[], others: 'allow' | 'refuse'): CheckFields => {
  const checks = rules.map((rule) => ({ rule, path: readPath(rule.path), faultOf: valueChecker(rule) }))
  const known = new Set(checks.map(({ path }) => path[0]))
  return (record) => {
    const faults = checks.flatMap(({ rule, path, faultOf }) => {
      const fault = faultAt(record, path, rule, faultOf)
      return fault === undefined ? [] : [`“${rule.path}” ${fault}`]
    })
    if (others === 'refuse') {
      for (const name of Object.keys(record)) if (!known.has(name)) faults.push(`“${name.slice(0, 100)}” is not listed`)
    }
    if (faults.length === 0) return undefined
    const more = faults.length > NAMED ? `; and ${faults.length - NAMED} more` : ''
    return { code: 'INVALID_INPUT', message: `${faults.slice(0, NAMED).join('; ')}${more}.` }
  }
}

type FaultOf = (value: unknown) => string | undefined

function faultAt(record: object, path: Path, { required }: FieldRule, faultOf: FaultOf): string | undefined {
  const found = valueAt(record, path)
  const values = Array.isArray(found) ? found : [found]
  if (values.length === 0) return required ? 'is missing' : undefined
  for (const [index, value] of values.entries()) {
    const where = values.length > 1 ? ` (no. ${index + 1})` : ''
    if (value === undefined || value === null) {
      if (required) return `is missing${where}`
      continue
    }
    const fault = faultOf(value)
    if (fault !== undefined) return `${fault}${where}`
  }
  return undefined
}

const kindOf = (value: unknown): string =>
  value === null
    ? 'nothing'
    : Array.isArray(value)
      ? 'a list'
      : typeof value === 'object'
        ? 'an object'
        : `a ${typeof value}`

const DAY = /^(\d{4})-(\d{2})-(\d{2})$/
const TIME = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?$/

function isDay(text: string): boolean {
  if (!DAY.test(text)) return false
  const at = new Date(`${text}T00:00:00Z`)
  // 31 February would be in March.
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text)
}

function isTime(text: string): boolean {
  const day = TIME.exec(text)?.[1]
  return day !== undefined && isDay(day) && !Number.isNaN(Date.parse(text))
}

/** Longer numbers come as texts. */
const isNumber = (value: unknown): boolean =>
  typeof value === 'number' || (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) && value.length > 15)

const KINDS: { readonly [kind in FieldRule['kind']]: readonly [says: string, fits: (value: unknown) => boolean] } = {
  text: ['a text', (value) => typeof value === 'string'],
  number: ['a number', isNumber],
  whole: ['a whole number', (value) => isNumber(value) && Number.isInteger(Number(value))],
  'yes-no': ['true or false', (value) => typeof value === 'boolean'],
  date: ['a date, YYYY-MM-DD', (value) => typeof value === 'string' && isDay(value)],
  time: ['a date with a time of day, ISO 8601', (value) => typeof value === 'string' && isTime(value)],
  object: ['an object', (value) => typeof value === 'object' && value !== null && !Array.isArray(value)],
}

function valueChecker({ kind, oneOf, least, most, pattern }: FieldRule): FaultOf {
  const [says, fits] = KINDS[kind]
  const program = pattern === undefined ? undefined : compilePattern(new RegExp(pattern))
  const sized = kind === 'number' || kind === 'whole' ? 'number' : 'text'
  return (value) => {
    if (!fits(value)) {
      const found = kindOf(value)
      return `must be ${says}${found === says || (typeof value === 'string' && kind !== 'text') ? '' : `, not ${found}`}`
    }
    const text = String(value)
    if (oneOf && !oneOf.includes(text)) return `must be one of ${oneOf.slice(0, 10).join(', ')}`
    const size = sized === 'number' ? Number(value) : [...text].length
    const what = sized === 'number' ? '' : ' characters'
    if (typeof value !== 'object') {
      if (least !== undefined && size < least) return `must be at least ${least}${what}`
      if (most !== undefined && size > most) return `must be at most ${most}${what}`
    }
    if (program && typeof value === 'string' && !program.matcher(value).find()) return 'does not match its pattern'
    return undefined
  }
}
