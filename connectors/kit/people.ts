import { domainToUnicode } from 'node:url'
import type { Reference } from './connector.ts'

/** Emarsys' number for the e-mail field, under which addresses stand in the suppression list. */
export const EMAIL_FIELD = '3'

/** What every connector calls a person it knows by e-mail address: who was erased in one is written to by none. */
export function emailReferences(address: string): readonly Reference[] {
  const written = address.normalize('NFC').trim().toLowerCase()
  const at = written.lastIndexOf('@')
  // A domain in other letters has two spellings, and somebody may have been erased under either.
  const spoken = `${written.slice(0, at + 1)}${domainToUnicode(written.slice(at + 1))}`
  return [...new Set([written, spoken])].map((one) => ({ kind: 'contact', key: `${EMAIL_FIELD}:${one}` }))
}
