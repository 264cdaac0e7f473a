import type { Code, REACTIONS } from './errors.ts'

type SetAside = { [C in Code]: (typeof REACTIONS)[C] extends 'reject' ? C : never }[Code]

/** Why records were set aside, for people who do not know our codes. */
const WORDS: { readonly [C in SetAside]: string } = {
  RECORD_REFUSED: 'refused by the other system',
  INVALID_INPUT: 'a field is missing or does not fit',
  NOT_FOUND: 'something they refer to does not exist',
  AMBIGUOUS: 'several match where one should',
  PERIOD_LOCKED: 'the period is locked in the ledger',
  TARGET_INACTIVE: 'the contact or account was archived',
  CONTACT_MERGED: 'two contacts are one customer in the ledger',
  CURRENCY_UNKNOWN: 'the currency is not kept there',
  FIELD_UNEXPECTED: 'a field looks other than it should',
  CONTACT_NOT_CONFIRMED: 'the contact is not there yet',
  SUPPRESSED: 'the person was erased',
  FIELD_GONE: 'a field was deleted or renamed in the other system',
  OUTCOME_UNKNOWN: 'nobody knows whether they arrived',
  KEY_BUSY: 'another run was at the same record',
  SET_ASIDE: 'set aside by the flow itself',
  EXPRESSION_FAILED: 'an expression has no answer for them',
  EXPRESSION_TIMEOUT: 'an expression took too long',
  EXPRESSION_MEMORY: 'an expression took too much memory',
  EXPRESSION_OUTPUT_TOO_LARGE: 'an expression gives too much',
  UNSAFE_KEY: 'a field has a name that is not allowed',
}

/** Of a code that is none of these: itself, as words. */
export const sayWhySetAside = (code: string): string =>
  Object.hasOwn(WORDS, code) ? WORDS[code as SetAside] : code.replaceAll('_', ' ').toLowerCase() // hasOwn has just said so
