import type { Code } from '../../kit/errors.ts'

/**
 * Xero's own words for refusals that have a name of their own here. It has no codes for them; the sentences are those
 * that integrators report (“The document date cannot be before the end of year lock date, currently set at …”).
 */
const NAMED: readonly (readonly [RegExp, Code])[] = [
  [/lock(ed)? date|locked period|period is locked/i, 'PERIOD_LOCKED'],
  [/archived|has been merged|is inactive|no longer active/i, 'TARGET_INACTIVE'],
  [/not subscribed to currency|currency .* (is not|isn't) (valid|available|enabled)/i, 'CURRENCY_UNKNOWN'],
]

/** What a refusal is called, by its messages. */
export function refusalCode(messages: readonly string[]): Code {
  for (const [words, code] of NAMED) if (messages.some((message) => words.test(message))) return code
  return 'RECORD_REFUSED'
}
