import type { TSchema } from 'typebox'
import { PAYLOADS } from './hostile.ts'

/** What stands at one place of an answer, all rows of a list and all versions of a thing taken for one. */
export type Spot = {
  /** Of an object, by name; `*` is every row of a list, `{}` every value under a name that nobody has laid down. */
  readonly inside: Map<string, Spot>
  /** Whether any text may stand here, or any JSON. */
  free: 'no' | 'text' | 'json'
  /** The text place it counts for: its address within the answer. */
  readonly address: string
  /** The thing it is a part of, by what the contract says of that thing: the same in every answer that holds one. */
  readonly thing: string
}

type Raw = {
  readonly [word: string]: unknown
  readonly type?: string
  readonly format?: string
  readonly pattern?: string
  readonly maxLength?: number
  readonly properties?: { readonly [name: string]: Raw }
  readonly patternProperties?: { readonly [pattern: string]: Raw }
  readonly additionalProperties?: Raw | boolean
  readonly items?: Raw | readonly Raw[]
}
const SHORTEST = Math.min(...PAYLOADS.map((one) => one.length))

/** Whether one of the payloads can be what the contract calls a text here. */
function isOpen({ enum: among, const: only, format, pattern, maxLength }: Raw): boolean {
  if (among !== undefined || only !== undefined) return false
  if (['uuid', 'date', 'date-time', 'time'].includes(format ?? '')) return false
  if (maxLength !== undefined && maxLength < SHORTEST) return false
  return pattern === undefined || PAYLOADS.some((one) => new RegExp(pattern, 'u').test(one))
}

const ALTERNATIVES = ['anyOf', 'oneOf', 'allOf'] as const

/** Walks a schema of the contract. */
export function spotsOf(schema: TSchema): Spot {
  const root: Spot = { inside: new Map(), free: 'no', address: '', thing: '' }
  fill(root, schema as Raw)
  return root
}

function fill(spot: Spot, schema: Raw): void {
  const branches = ALTERNATIVES.flatMap((word) => (schema[word] as readonly Raw[] | undefined) ?? [])
  for (const branch of branches) fill(spot, branch)
  const own = schema.enum === undefined && schema.const === undefined && branches.length === 0
  if (schema.type === 'string' && isOpen(schema)) spot.free = spot.free === 'json' ? 'json' : 'text'
  if (schema.type === undefined && own) spot.free = 'json'
  const thing = JSON.stringify(schema)
  const into = (name: string, part: Raw) => {
    const below = spot.inside.get(name) ?? {
      ...{ inside: new Map(), free: 'no', address: `${spot.address}/${name}` },
      // A text that is a row of a list, or has no name laid down, is a part of what the list is a part of.
      thing: schema.properties ? thing : `${spot.thing}/${spot.address.split('/').at(-1)}`,
    }
    spot.inside.set(name, below as Spot)
    fill(below as Spot, part)
  }
  for (const [name, part] of Object.entries(schema.properties ?? {})) into(name, part)
  for (const part of Object.values(schema.patternProperties ?? {})) into('{}', part)
  const { additionalProperties: others, items } = schema
  if (typeof others === 'object') into('{}', others)
  if (others === true) into('{}', {})
  for (const part of items === undefined ? [] : [items].flat()) into('*', part as Raw)
}

/** Every place where any text may stand. */
export function* openSpots(spot: Spot): Generator<Spot> {
  if (spot.free !== 'no') yield spot
  for (const below of spot.inside.values()) yield* openSpots(below)
}
