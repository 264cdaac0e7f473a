import type { TSchema } from 'typebox'
import { answersOf } from './answers.ts'
import { isLike } from './checked.ts'
import { PAYLOADS } from './hostile.ts'
import { REFUSAL } from './refusal.ts'
import { openSpots, type Spot, spotsOf } from './text-places.ts'

/** A text field of the API: where in which answer. */
export type Field = { readonly name: string; readonly key: string; readonly thing: string }

/**
 * Stands in an answer where a payload is put in, in front of it: so that what is taken for an address begins with it.
 * The number is that of the field, and stays, by which the field is found on the page.
 */
export const mark = (field: number): string => `⟦${field}⟧`
const SHORT = PAYLOADS.reduce((least, one) => (one.length < least.length ? one : least))
type Known = { readonly root: Spot; readonly numbers: Map<Spot, number>; readonly fits: Map<Spot, Form> }
type Form = (text: string | null) => string | null
const AS_IT_IS: Form = (text) => text

/** Numbers the text fields of all answers, and marks them in an answer, but those by whose names a page finds its way. */
export function createMarking(ids: { readonly [key: string]: string }): {
  readonly fields: readonly Field[]
  marked(left: { readonly [key: string]: string }): (schema: TSchema, answer: unknown) => unknown
} {
  const fields: Field[] = []
  const known = new Map<TSchema, Known>()
  const add = (name: string, schema: TSchema) => {
    const root = spotsOf(schema)
    const numbers = new Map<Spot, number>()
    for (const spot of openSpots(root)) {
      const key = spot.address.split('/').findLast((part) => part !== '*' && part !== '{}') ?? ''
      if (Object.hasOwn(ids, key)) continue
      numbers.set(spot, fields.length)
      fields.push({ name: `${name} ${spot.address.slice(1)}`, key, thing: spot.thing })
    }
    known.set(schema, { root, numbers, fits: new Map() })
  }
  for (const { method, path, schema } of answersOf()) if (schema && !known.has(schema)) add(`${method} ${path}`, schema)
  add('refusal', REFUSAL)

  return {
    fields,
    marked: (left) => {
      const places = new Map<TSchema, Known>()
      for (const [schema, { root, numbers }] of known) {
        const kept = [...numbers].filter(([, number]) => !Object.hasOwn(left, fields[number]!.key))
        places.set(schema, { root, numbers: new Map(kept), fits: new Map() })
      }
      return (schema, answer) => {
        const own = places.get(schema)!
        let filled = fill(schema, answer, own)
        // One row may allow less than the others: then each text of this answer is tried by itself.
        if (!isLike(schema, filled)) filled = fill(schema, answer, { ...own, fits: new Forgetful() })
        return JSON.parse(JSON.stringify(filled).replaceAll(`${SHORT}⟦`, '⟦'))
      }
    },
  }
}

/** With the shortest payload at each mark. */
function fill(schema: TSchema, answer: unknown, { root, numbers, fits }: Known): unknown {
  const copy = { root: structuredClone(answer) }
  const walk = (holder: Record<string, unknown>, spot: Spot, json: number | undefined): void => {
    // What may be told, and is not in this answer: a reason, a note, a second name.
    const absent = new Set<string>()
    for (const [key, at] of Array.isArray(holder) ? [] : spot.inside) {
      if (at.free !== 'text' || key === '{}' || !numbers.has(at) || holder[key] !== undefined) continue
      absent.add(key)
    }
    const present = Object.entries(holder).filter(([key]) => !absent.has(key))
    for (const [key, value] of [...present, ...[...absent].map((key) => [key, null] as const)]) {
      const at = spot.inside.get(Array.isArray(holder) ? '*' : key) ?? spot.inside.get('{}') ?? NOTHING
      const field = numbers.get(at) ?? json
      if (typeof value === 'object' && value !== null) {
        walk(value as Record<string, unknown>, at, at.free === 'json' ? field : json) // arrays have keys too
      } else if ((typeof value === 'string' || value === null) && (at.free !== 'no' || json !== undefined)) {
        if (field === undefined) continue
        const put = `${SHORT}${mark(field)}`
        const before = at === NOTHING ? undefined : fits.get(at)
        const forms: Form[] = [(text) => (text === null ? put : `${put} ${text}`), () => put, AS_IT_IS]
        for (const form of before ? [before] : forms) {
          if (form === AS_IT_IS && absent.has(key)) delete holder[key]
          else holder[key] = form(value)
          if (!before && form !== AS_IT_IS && !isLike(schema, copy.root)) continue
          fits.set(at, form)
          break
        }
      }
    }
    // What a record of somebody else calls its fields is text too.
    const named = json ?? numbers.get(spot.inside.get('{}') ?? NOTHING)
    const isRecord = json !== undefined || spot.inside.get('{}')?.free === 'json'
    if (named !== undefined && isRecord && !Array.isArray(holder)) holder[`${SHORT}${mark(named)}`] = true
  }
  walk(copy, { ...NOTHING, inside: new Map([['root', root]]) }, undefined)
  return copy.root
}

const NOTHING: Spot = { inside: new Map(), free: 'no', address: '', thing: '' }

/** Keeps nothing of what it is told. */
class Forgetful<Key, Value> extends Map<Key, Value> {
  override set(): this {
    return this
  }
}
