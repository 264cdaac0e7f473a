/**
 * Built-in functions whose cost grows faster than their arguments. Below the caps they are jsonata's own; above, they
 * fail with a sentence instead of filling the memory or running into the deadline.
 */

/** Longest text a function may make, in characters. */
const MAX_TEXT = 1_000_000
/** Most elements a function may make or put in order. */
const MAX_ELEMENTS = 100_000

type Native = (this: never, ...args: readonly never[]) => unknown
type Capped = { readonly implementation: unknown; readonly signature: string }

const tooMuch = (token: string, what: string): never => {
  throw { code: 'CAP', token, message: what }
}
const text = (token: string, length: number): void => {
  if (length > MAX_TEXT) tooMuch(token, `would make a text of more than ${MAX_TEXT} characters.`)
}
const elements = (token: string, count: number): void => {
  if (count > MAX_ELEMENTS) tooMuch(token, `would work on more than ${MAX_ELEMENTS} elements.`)
}
const lengthOf = (value: unknown): number => (typeof value === 'string' || Array.isArray(value) ? value.length : 0)

/** How often a text occurs in another one, counted only as far as it matters. */
const occurrences = (whole: string, part: string, most: number): number => {
  let count = 0
  for (let at = whole.indexOf(part); at !== -1 && count < most; at = whole.indexOf(part, at + part.length)) count++
  return count
}

export const cappedFunctions = (native: (name: string) => Native): ReadonlyMap<string, Capped> => {
  // Cast once: jsonata's own implementations, called with the arguments that its signatures have checked.
  const own = (name: string) => native(name) as unknown as (this: unknown, ...args: unknown[]) => unknown
  const pad = own('pad')
  const split = own('split')
  const join = own('join')
  const replace = own('replace')
  const string = own('string')
  const sort = own('sort')
  const distinct = own('distinct')
  const zip = own('zip')
  const spread = own('spread')
  const formatBase64 = own('base64encode')
  // jsonata reads the names of the parameters, so they are written as in its own functions.
  return new Map<string, Capped>([
    [
      'pad',
      {
        signature: '<s-ns?:s>',
        implementation: function (this: unknown, str: unknown, width: unknown, char: unknown) {
          if (typeof width === 'number') text('pad', Math.abs(width) * Math.max(1, lengthOf(char)))
          return pad.call(this, str, width, char)
        },
      },
    ],
    [
      'split',
      {
        signature: '<s-(sf)n?:a<s>>',
        implementation: function (this: unknown, str: unknown, separator: unknown, limit: unknown) {
          if (typeof str === 'string' && typeof separator === 'string' && str.length > MAX_ELEMENTS) {
            elements('split', separator === '' ? str.length : occurrences(str, separator, MAX_ELEMENTS + 1))
          } else text('split', lengthOf(str))
          return split.call(this, str, separator, limit)
        },
      },
    ],
    [
      'join',
      {
        signature: '<a<s>s?:s>',
        implementation: function (this: unknown, strs: unknown, separator: unknown) {
          if (Array.isArray(strs)) {
            let length = strs.length * lengthOf(separator)
            for (const each of strs) length += lengthOf(each)
            text('join', length)
          }
          return join.call(this, strs, separator)
        },
      },
    ],
    [
      'replace',
      {
        signature: '<s-(sf)(sf)n?:s>',
        implementation: function (this: unknown, str: unknown, pattern: unknown, replacement: unknown, limit: unknown) {
          text('replace', lengthOf(str))
          if (typeof str === 'string' && typeof pattern === 'string' && pattern !== '') {
            const most = typeof limit === 'number' ? limit : str.length
            text('replace', str.length + occurrences(str, pattern, most) * lengthOf(replacement))
          } else if (lengthOf(replacement) * lengthOf(str) > MAX_TEXT * 10) {
            tooMuch('replace', `would make a text of more than ${MAX_TEXT} characters.`)
          }
          return replace.call(this, str, pattern, replacement, limit)
        },
      },
    ],
    [
      'string',
      {
        signature: '<x-b?:s>',
        implementation: function (this: unknown, arg: unknown, prettify: unknown) {
          if (typeof arg === 'object' && arg !== null) text('string', textLength(arg, 0))
          return string.call(this, arg, prettify)
        },
      },
    ],
    [
      'sort',
      {
        signature: '<af?:a>',
        implementation: function (this: unknown, arr: unknown, comparator: unknown) {
          elements('sort', lengthOf(arr))
          return sort.call(this, arr, comparator)
        },
      },
    ],
    [
      'distinct',
      {
        signature: '<x:x>',
        implementation: function (this: unknown, arr: unknown) {
          elements('distinct', lengthOf(arr) * 10) // compares every two
          return distinct.call(this, arr)
        },
      },
    ],
    [
      'spread',
      {
        signature: '<x-:a<o>>',
        implementation: function (this: unknown, arg: unknown) {
          elements('spread', lengthOf(arg) * 10) // copies the list once per element
          return spread.call(this, arg)
        },
      },
    ],
    [
      'zip',
      {
        signature: '<a+>',
        implementation: function (this: unknown, ...lists: unknown[]) {
          elements(
            'zip',
            lists.reduce((sum: number, list) => sum + lengthOf(list), 0),
          )
          return zip.apply(this, lists)
        },
      },
    ],
    [
      'base64encode',
      {
        signature: '<s-:s>',
        implementation: function (this: unknown, str: unknown) {
          text('base64encode', lengthOf(str))
          return formatBase64.call(this, str)
        },
      },
    ],
  ])
}

/** About how long the JSON of a value is; stops counting above the cap. */
const textLength = (value: unknown, soFar: number): number => {
  if (soFar > MAX_TEXT || typeof value !== 'object' || value === null) return soFar + (lengthOf(value) || 8)
  let length = soFar + 2
  if (Array.isArray(value)) for (const each of value) length = textLength(each, length)
  else if (!('_jsonata_lambda' in value) && !('_jsonata_function' in value)) {
    for (const [key, each] of Object.entries(value)) length = textLength(each, length + key.length + 4)
  }
  return length
}
