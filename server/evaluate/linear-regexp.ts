import { RE2JS } from 're2js'

/** Longest pattern, in characters. */
const MAX_PATTERN = 1000
/** Compiled patterns kept per child. */
const KEPT = 500

const compiled = new Map<string, RE2JS>()

/** Throws an Error with a sentence for people when RE2 cannot run the pattern in linear time. */
export const compilePattern = (pattern: RegExp): RE2JS => {
  const key = `${pattern.flags}/${pattern.source}`
  const known = compiled.get(key)
  if (known) return known
  if (pattern.source.length > MAX_PATTERN) {
    throw new Error(`The pattern is longer than ${MAX_PATTERN} characters.`)
  }
  if (/\(\?<?[=!]/.test(pattern.source)) {
    throw new Error('Look-ahead and look-behind, as in (?=…) or (?<!…), are not available.')
  }
  let program: RE2JS
  try {
    program = RE2JS.compile(RE2JS.translateRegExp(pattern))
  } catch {
    throw new Error(
      'The pattern is not available here: back-references such as \\1 and very large repeats are left out.',
    )
  }
  if (compiled.size >= KEPT) compiled.clear()
  compiled.set(key, program)
  return program
}

/** As much of the RegExp interface as jsonata uses, on an engine whose time is linear in the text. */
export class LinearRegExp {
  lastIndex = 0
  readonly #pattern: RE2JS
  readonly #global: boolean

  constructor(pattern: RegExp) {
    this.#pattern = compilePattern(pattern)
    this.#global = pattern.global
  }

  exec(text: string): RegExpExecArray | null {
    const matcher = this.#pattern.matcher(text)
    const from = this.#global ? this.lastIndex : 0
    if (from > text.length || !matcher.find(from)) {
      this.lastIndex = 0
      return null
    }
    const groups: (string | undefined)[] = []
    for (let group = 0; group <= matcher.groupCount(); group++) groups.push(matcher.group(group) ?? undefined)
    if (this.#global) this.lastIndex = matcher.end()
    // The shape is RegExpExecArray's: groups and `index`; jsonata reads nothing else.
    return Object.assign(groups, { index: matcher.start(), input: text }) as unknown as RegExpExecArray
  }
}
