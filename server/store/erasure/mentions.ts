import { normalKey } from '../../run/record/keys.ts'
import { hashKeys } from '../key/record-keys.ts'
import type { Keyring } from '../key/secrets.ts'

/** Stands where the record of an erased person stood, so that counts still add up. */
export const ERASED = { erased: true } as const

/** The names of a person: as texts, or only as the keyed hashes that were kept of them. */
export type Names = {
  /** Whether a normal key, or the name of a field, is one of them. */
  has(key: string): boolean
  /** Whether a text of small letters holds one that is an e-mail address. */
  within(text: string): boolean
}

export function namesOf(keys: ReadonlySet<string>): Names {
  const addresses = [...keys].filter((key) => key.includes('@'))
  return { has: (key) => keys.has(key), within: (text) => addresses.some((one) => text.includes(one)) }
}

/** Names of which only the hashes are known (hashKeys). */
export function namesBehind(keyring: Keyring, workspace: string, hashes: BigInt64Array): Names {
  const known = new Set(hashes)
  const has = (key: string) => known.has(hashKeys(keyring, workspace, [key])[0]!)
  return { has, within: (text) => addressesIn(text).some(has) }
}

/** Whoever it is: where nothing can be compared. */
export const EVERYBODY: Names = { has: () => true, within: () => true }

/** Longest local part and domain of an address, RFC 5321 section 4.5.3.1. */
const [LOCAL, DOMAIN] = [64, 255]
const WORD = /[\p{L}\p{N}]/u

/** What could be an e-mail address in a text: around each “@” from the beginnings of words before to the ends of words after. */
function addressesIn(text: string): string[] {
  const found: string[] = []
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    const local = /\S*$/u.exec(text.slice(Math.max(0, at - LOCAL), at))![0]
    const domain = /^\S*/u.exec(text.slice(at + 1, at + 1 + DOMAIN))![0]
    const begins = bordersOf(local).filter((place) => place < local.length)
    const ends = bordersOf(domain).filter((place) => place > 0)
    for (const begin of begins) for (const end of ends) found.push(`${local.slice(begin)}@${domain.slice(0, end)}`)
  }
  return found
}

/** Places where a word begins or ends, both ends of the text among them. */
function bordersOf(text: string): number[] {
  const places: number[] = []
  for (let place = 0; place <= text.length; place++) {
    const [before, after] = [WORD.test(text[place - 1] ?? ''), WORD.test(text[place] ?? '')]
    if (place === 0 || place === text.length || before !== after) places.push(place)
  }
  return places
}

/** Whether a value anywhere in it is one of the names, or holds one that is an e-mail address. */
export function mentions(value: unknown, names: Names): boolean {
  if (typeof value === 'string' || typeof value === 'number') {
    const key = normalKey(value)
    if (key !== undefined && names.has(key)) return true
    if (typeof value === 'number') return false
    return names.within(readable(value).toLowerCase().normalize('NFC'))
  }
  if (typeof value !== 'object' || value === null) return false
  // A key may be the name of a field: look-ups are traced by it.
  return Object.entries(value).some(
    ([name, inner]) => mentions(inner, names) || (!Array.isArray(value) && names.has(name)),
  )
}

/** Addresses in exchanges spell “@” as “%40”. */
function readable(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text.replaceAll('%40', '@')
  }
}
