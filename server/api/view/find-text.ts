import type { DataRecord } from '../../../connectors/kit/connector.ts'
import { identityOf } from '../../run/record/keys.ts'
import { HIDDEN, maskedLeaf, maskedName } from './mask.ts'

export type Found = {
  readonly field: string
  readonly excerpt: { readonly before: string; readonly match: string; readonly after: string }
  readonly inName: boolean
}

/** Characters shown before and after the text. */
const AROUND = 60
/** A path through deep records may be as long as it likes. */
const LONGEST_PATH = 200

/** Names of fields that were looked at already; records of a run are alike. */
const MOST_NAMES = 5_000

/** Where a value stands, from the inside out: paths are written only for what is found. */
type Place = { readonly name: string; readonly inList: boolean; readonly up: Place | undefined }

/**
 * Finds the first value of a record that holds the text, else the first name of a field that does. With `masked`, only what
 * is shown to everybody is looked at, the very values that `masked` gives: an answer, and the time it takes, must not depend
 * on a hidden one.
 * @param sought in lower case, composed (NFC). A letter and its mark may stand apart in a record.
 */
export function textFinder(sought: string, masked: boolean): (record: unknown) => Found | undefined {
  const names = new Map<string, boolean>()
  const shownName = masked ? (name: string) => maskedName(name).replace(HIDDEN, '') : (name: string) => name
  const isNamed = (name: string): boolean => {
    let named = names.get(name)
    if (named === undefined) {
      if (names.size >= MOST_NAMES) names.clear()
      named = shownName(name).toLowerCase().includes(sought)
      names.set(name, named)
    }
    return named
  }
  return (record) => {
    let named: Place | undefined
    const inside = (value: object, up: Place | undefined, field: string): Found | undefined => {
      const inList = Array.isArray(value)
      for (const [name, inner] of Object.entries(value)) {
        if (!inList && named === undefined && isNamed(name)) named = { name, inList, up }
        // Elements of a list stand under the name of the list.
        const under = inList ? field : name
        const found =
          typeof inner === 'object' && inner !== null
            ? inside(inner, { name, inList, up }, under)
            : leaf(inner, name, inList, up, under)
        if (found) return found
      }
      return undefined
    }
    const leaf = (value: unknown, name: string, inList: boolean, up: Place | undefined, field: string) => {
      const shown = masked ? maskedLeaf(value, field) : value
      if (shown === null || shown === undefined || (masked && shown === HIDDEN)) return undefined
      const excerpt = excerptOf(masked && field === 'url' ? withoutMark(shown) : String(shown), sought)
      return excerpt && { field: pathOf({ name, inList, up }, masked), excerpt, inName: false }
    }
    const found =
      typeof record === 'object' && record !== null
        ? inside(record, undefined, '')
        : leaf(record, '', false, undefined, '')
    if (found || named === undefined) return found
    return { field: pathOf(named, masked), excerpt: excerptOf(named.name, sought)!, inName: true }
  }
}

function pathOf(place: Place, masked: boolean): string {
  const parts: string[] = []
  for (let at: Place | undefined = place; at; at = at.up) {
    parts.unshift(at.inList ? `[${at.name}]` : `.${masked ? maskedName(at.name) : at.name}`)
  }
  return shortened(parts.join('').replace(/^\./, ''))
}

/** By which key people know a record; with `masked`, the first that is shown to everybody. */
export function keyOf(record: unknown, masked: boolean): string | null {
  if (typeof record !== 'object' || record === null || Array.isArray(record)) return null
  const kept = masked
    ? Object.fromEntries(Object.entries(record).filter(([name, value]) => maskedLeaf(value, name) !== HIDDEN))
    : (record as DataRecord)
  const [key] = identityOf(kept)
  // An item of a write has its key under this name.
  const item = Reflect.get(kept, 'key')
  return key ?? (typeof item === 'string' && item !== '' ? item : null)
}

/** Marks that stand alone, as in “u¨” for “ü”. */
const APART = /\p{M}/u

function excerptOf(text: string, sought: string): Found['excerpt'] | undefined {
  const lower = text.toLowerCase()
  const at = lower.indexOf(sought)
  if (at < 0) {
    if (/^[\0-\x7f]*$/.test(sought) || !APART.test(text)) return undefined
    const composed = text.normalize('NFC')
    return composed === text ? undefined : excerptOf(composed, sought)
  }
  // A few letters are longer in lower case: then the place is that in the lower text, which is shown instead.
  const shown = lower.length === text.length ? text : lower
  const end = at + sought.length
  return {
    before: at > AROUND ? `…${shown.slice(at - AROUND, at)}` : shown.slice(0, at),
    match: shown.slice(at, end),
    after: end + AROUND < shown.length ? `${shown.slice(end, end + AROUND)}…` : shown.slice(end),
  }
}

/** A hidden query is no text of the address. */
const withoutMark = (url: unknown): string => String(url).replace(`?${HIDDEN}`, '')

const shortened = (path: string): string => (path.length > LONGEST_PATH ? `…${path.slice(-LONGEST_PATH)}` : path)
