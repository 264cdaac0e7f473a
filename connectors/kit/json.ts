import { StepError } from './errors.ts'
import { excerpt } from './redact.ts'

/** Deeper answers are refused: JSON.stringify and structured cloning throw on them later, in worse places. */
const MAX_DEPTH = 64
/** More digits than this do not survive a double: such numbers are kept as the text that was sent. */
const MAX_DIGITS = 15

/**
 * The JSON door: every text that comes from outside passes here, and nothing else parses it. Refuses what is too deep
 * and keys that could reach a prototype. Throws REPLY_UNREADABLE with the beginning of the text, unless that may be records.
 * Costs about as much again as half of JSON.parse (800 kB: 2 ms beside 3.5 ms).
 */
export function parseJson(text: string, source = 'The answer'): unknown {
  const { depth, longNumbers } = scan(text)
  if (depth > MAX_DEPTH) throw new StepError('REPLY_UNREADABLE', `${source} is nested deeper than ${MAX_DEPTH} levels.`)
  let value: unknown
  try {
    value = longNumbers ? parseLong(text) : JSON.parse(text)
  } catch (error) {
    throw new StepError('REPLY_UNREADABLE', `${source} is not JSON: ${seen(text)}`, { cause: error })
  }
  // A cheap look at the text first: escapes of ASCII letters (\u005f, \u0063 …) could hide such a key.
  if (/"(?:__proto__|constructor)"\s*:|\\u00[567]/.test(text) && hasUnsafeKey(value)) {
    throw new StepError('REPLY_UNREADABLE', `${source} holds a key named __proto__ or constructor.`)
  }
  return value
}

/** Messages go into logs, lists and mails: the page of a proxy is quoted there, what begins like records is not. */
function seen(text: string): string {
  if (text.trim() === '') return '(empty)'
  return /^\s*[[{"]/.test(text) ? `it begins like it, but its ${text.length} characters cannot be read` : excerpt(text)
}

/**
 * Of a text whose depth and keys were looked at before: what JSON.parse gives, but for numbers that a double cannot hold,
 * which stay the text that was sent.
 */
export const parseExact = (text: string): unknown => (scan(text).longNumbers ? parseLong(text) : JSON.parse(text))

const parseLong = (text: string): unknown => JSON.parse(text, keepLongNumbers as Reviver)

// TypeScript's library does not know the third argument of a reviver yet (Node 24 has it).
type Reviver = (this: unknown, key: string, value: unknown) => unknown

/** Deepest nesting, and whether a number outside strings may be too long, in one pass that jumps over strings. */
function scan(text: string): { depth: number; longNumbers: boolean } {
  let level = 0
  let depth = 0
  let run = 0
  let longNumbers = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x22) {
      run = 0
      at = endOfString(text, at)
    } else if ((code >= 0x30 && code <= 0x39) || code === 0x2e) {
      if (++run > MAX_DIGITS) longNumbers = true
    } else {
      if (run > 0 && (code | 0x20) === 0x65) longNumbers = true
      run = 0
      if (code === 0x7b || code === 0x5b) {
        if (++level > depth) depth = level
        if (depth > MAX_DEPTH) break
      } else if (code === 0x7d || code === 0x5d) level--
    }
  }
  return { depth, longNumbers }
}

function endOfString(text: string, start: number): number {
  for (let at = start; ; ) {
    at = text.indexOf('"', at + 1)
    if (at < 0) return text.length
    let before = at - 1
    while (text.charCodeAt(before) === 0x5c) before--
    // An even number of backslashes before it: the quote is not escaped.
    if ((at - before) % 2 === 1) return at
  }
}

function keepLongNumbers(_key: string, value: unknown, context: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || context.source === undefined) return value
  return Number.isFinite(value) && significantDigits(context.source) <= MAX_DIGITS ? value : context.source
}

function significantDigits(source: string): number {
  const mantissa = source.replace(/[eE].*$/, '').replace('-', '')
  const shortest = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa
  return shortest.replace('.', '').replace(/^0+/, '').length
}

function hasUnsafeKey(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return value.some(hasUnsafeKey)
  return Object.entries(value).some(
    ([key, child]) => key === '__proto__' || key === 'constructor' || hasUnsafeKey(child),
  )
}
