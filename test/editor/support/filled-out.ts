import type { TSchema } from 'typebox'
import { isLike } from './checked.ts'

type Raw = TSchema & {
  readonly type?: string
  readonly format?: string
  readonly pattern?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly minimum?: number
  readonly anyOf?: readonly Raw[]
  readonly properties?: { readonly [name: string]: Raw }
  readonly items?: Raw
}

const DAY = '2026-11-01'
const FORMATS: { readonly [format: string]: string } = {
  uuid: '0198f00f-0000-7000-8000-000000000001',
  'date-time': `${DAY}T08:00:00.000Z`,
  date: DAY,
  time: '08:00',
}
/** Told, they take the page away: a workspace that is shut, or about to be deleted. */
const SHUT = ['lacks', 'deleteAfter', 'update']
/** One of them is what a pattern of the contract wants. */
const WORDS = ['a1', 'sales', 'F01', DAY, '2026-11', '08:00', '1', '1.00', 'a'.repeat(64), 'https://shop.example/a']

/** An answer in which whatever the contract lets be told is told: rows in empty lists, reasons, notes, second names. */
export function filledOut(schema: TSchema, answer: unknown): unknown {
  const raw = schema as Raw
  if (answer === null || answer === undefined) {
    const made = make(raw)
    return made !== undefined && isLike(schema, made) ? made : answer
  }
  const branch = raw.anyOf?.find((one) => isLike(one, answer))
  if (branch) return filledOut(branch, answer)
  if (Array.isArray(answer)) {
    const { items } = raw
    if (items === undefined) return answer
    const rows = answer.map((row) => filledOut(items, row))
    const full = rows.length > 0 ? rows : [make(items)]
    return isLike(schema, full) ? full : rows
  }
  if (typeof answer !== 'object' || raw.properties === undefined) return answer
  const copy: Record<string, unknown> = { ...answer }
  for (const [name, part] of Object.entries(raw.properties)) {
    if (name === 'zone') copy[name] ??= 'UTC'
    if (SHUT.includes(name)) continue
    const value = filledOut(part, copy[name])
    if (value !== undefined) copy[name] = value
  }
  return copy
}

function make(schema: Raw): unknown {
  if ('const' in schema) return schema.const
  if (schema.enum) return schema.enum[0]
  const branch = schema.anyOf?.find(({ type }) => type !== 'null')
  if (branch) return make(branch)
  switch (schema.type) {
    case 'string': {
      const { pattern } = schema
      if (schema.format) return FORMATS[schema.format]
      return pattern === undefined ? 'something' : WORDS.find((one) => new RegExp(pattern, 'u').test(one))
    }
    case 'integer':
    case 'number':
      return Math.max(1, schema.minimum ?? 1)
    case 'boolean':
      return true
    case 'array':
      return schema.items ? [make(schema.items)].filter((one) => one !== undefined) : []
    case 'object': {
      const own = Object.entries(schema.properties ?? {}).map(([name, part]) => {
        return [name, name === 'zone' ? 'UTC' : make(part)] as const
      })
      return Object.fromEntries(own.filter(([, value]) => value !== undefined))
    }
    default:
      return schema.type === undefined ? 'something' : undefined
  }
}
