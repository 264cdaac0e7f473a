/**
 * Judges JSON text before `JSON.parse` sees it: nesting is counted without recursion, and the first mistake gets line
 * and column in the same words in every browser. Accepts exactly what `JSON.parse` accepts, but for a name that stands
 * twice in one object, of which `JSON.parse` would silently keep the last.
 */
export type JsonFault = { readonly kind: 'malformed' | 'deep'; readonly position: number; readonly message: string }

export function scanJson(text: string, maxDepth: number): JsonFault | undefined {
  /** One element per open object or list; a list has no names. */
  const open: (Set<string> | undefined)[] = []
  let at = 0
  let expected: 'value' | 'value or ]' | 'name' | 'name or }' | 'colon' | 'comma' = 'value'

  while (true) {
    at = skipSpace(text, at)
    const char = text[at]
    if (expected === 'comma') {
      if (open.length === 0) return char === undefined ? undefined : malformed(text, at, 'nothing after the end')
      const names = open.at(-1)
      if (char === ',') expected = names ? 'name' : 'value'
      else if (char === (names ? '}' : ']')) open.pop()
      else return malformed(text, at, names ? '“,” or “}”' : '“,” or “]”')
      at++
    } else if (expected === 'colon') {
      if (char !== ':') return malformed(text, at, '“:” after the name of a field')
      expected = 'value'
      at++
    } else if ((expected === 'name or }' && char === '}') || (expected === 'value or ]' && char === ']')) {
      open.pop()
      expected = 'comma'
      at++
    } else if (expected === 'name' || expected === 'name or }') {
      if (char !== '"') return malformed(text, at, expected === 'name' ? 'a name in “"”' : 'a name in “"” or “}”')
      const end = endOfString(text, at)
      if (typeof end !== 'number') return end
      const name: unknown = JSON.parse(text.slice(at, end))
      if (typeof name === 'string') {
        if (open.at(-1)?.has(name))
          return malformed(text, at, `each name once; ${JSON.stringify(name)} stands twice`, '')
        open.at(-1)?.add(name)
      }
      expected = 'colon'
      at = end
    } else if (char === '{' || char === '[') {
      open.push(char === '{' ? new Set() : undefined)
      if (open.length > maxDepth) {
        const message = `${place(text, at)}: objects and lists are nested more than ${maxDepth} deep; make it flatter.`
        return { kind: 'deep', position: at, message }
      }
      expected = char === '{' ? 'name or }' : 'value or ]'
      at++
    } else {
      const end = char === '"' ? endOfString(text, at) : endOfScalar(text, at)
      if (typeof end !== 'number') return end
      expected = 'comma'
      at = end
    }
  }
}

function skipSpace(text: string, from: number): number {
  let at = from
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at++
  return at
}

function endOfString(text: string, from: number): number | JsonFault {
  for (let at = from + 1; at < text.length; at++) {
    const char = text[at]
    if (char === '"') return at + 1
    if (char === '\\') {
      ESCAPE.lastIndex = at
      if (!ESCAPE.test(text)) return malformed(text, at, 'an escape such as \\n or \\u00e9')
      at = ESCAPE.lastIndex - 1
    } else if (char !== undefined && char < ' ') {
      return malformed(text, at, 'the end of the text; write a line break as \\n')
    }
  }
  return malformed(text, text.length, '“"” at the end of the text')
}

const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y
const SCALAR = /(?:true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)/y

function endOfScalar(text: string, from: number): number | JsonFault {
  SCALAR.lastIndex = from
  return SCALAR.test(text) ? SCALAR.lastIndex : malformed(text, from, 'a value')
}

function malformed(text: string, position: number, expected: string, found = foundAt(text, position)): JsonFault {
  return { kind: 'malformed', position, message: `${place(text, position)}: expected ${expected}${found}.` }
}

function foundAt(text: string, position: number): string {
  const code = text.codePointAt(position)
  if (code === undefined) return ', but the document ends here'
  return code < 0x20 ? ', but a control character stands here' : `, but “${String.fromCodePoint(code)}” stands here`
}

/** “Line 5, column 3”, both from 1. */
export function place(text: string, position: number): string {
  const before = text.slice(0, position)
  const line = before.split('\n').length
  return `Line ${line}, column ${position - before.lastIndexOf('\n')}`
}
