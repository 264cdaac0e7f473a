import { normalKey } from '../run/keys.ts'

/** Stands where the record of an erased person stood, so that counts still add up. */
export const ERASED = { erased: true } as const

/** Whether a value anywhere in it is one of the keys, or holds one that is an e-mail address. */
export function mentions(value: unknown, keys: ReadonlySet<string>): boolean {
  if (typeof value === 'string' || typeof value === 'number') {
    const key = normalKey(value)
    if (key !== undefined && keys.has(key)) return true
    if (typeof value === 'number') return false
    const text = readable(value).toLowerCase().normalize('NFC')
    return [...keys].some((one) => one.includes('@') && text.includes(one))
  }
  if (typeof value !== 'object' || value === null) return false
  // A key may be the name of a field: look-ups are traced by it.
  return Object.entries(value).some(
    ([name, inner]) => mentions(inner, keys) || (!Array.isArray(value) && keys.has(name)),
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
