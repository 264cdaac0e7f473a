type Read =
  | { readonly ok: true; readonly record: { readonly [name: string]: unknown } }
  | { readonly ok: false; readonly line: number; readonly message: string }

/** Reads a record typed by a person. What is wrong is said in words with its line, counted from 1. */
export function readRecord(text: string): Read {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    const fault = findFault(text)
    return { ok: false, line: text.slice(0, fault.at).split('\n').length, message: fault.message }
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { ok: false, line: 1, message: 'A record begins with { and ends with }.' }
  }
  // An object from JSON has texts as names.
  return { ok: true, record: value as { readonly [name: string]: unknown } }
}

class Fault extends Error {
  readonly at: number
  constructor(at: number, message: string) {
    super(message)
    this.at = at
  }
}

/**
 * Where text stops being JSON, and why. Browsers word this each in their own way, some without the place; so the text
 * that `JSON.parse` has refused is walked once more.
 */
function findFault(text: string): { readonly at: number; readonly message: string } {
  try {
    const end = skip(text, readValue(text, skip(text, 0)))
    if (end < text.length)
      throw new Fault(end, `Nothing may follow the end of the record, but ${shown(text, end)} does.`)
  } catch (fault) {
    if (fault instanceof Fault) return { at: fault.at, message: fault.message }
    throw fault
  }
  return { at: 0, message: 'This is not a record.' }
}

const skip = (text: string, at: number): number => at + (/^[ \t\r\n]*/.exec(text.slice(at))?.[0].length ?? 0)

const shown = (text: string, at: number): string =>
  at >= text.length ? 'the end' : `“${/^[\w.+-]+|^./su.exec(text.slice(at))?.[0].slice(0, 20) ?? ''}”`

function readValue(text: string, at: number): number {
  const first = text[at]
  if (first === '{') return readList(text, at, '}', readMember)
  if (first === '[') return readList(text, at, ']', readValue)
  if (first === '"') return readText(text, at)
  const plain = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.])/.exec(text.slice(at))
  if (plain) return at + plain[0].length
  if (first === "'" || first === '“' || first === '”')
    throw new Fault(at, 'Text stands in straight double quotes: "like this".')
  throw new Fault(at, `A value is missing before ${shown(text, at)}: a text in quotes, a number, true, false or null.`)
}

function readMember(text: string, at: number): number {
  if (text[at] !== '"') throw new Fault(at, `A field’s name in double quotes is missing before ${shown(text, at)}.`)
  const colon = skip(text, readText(text, at))
  if (text[colon] !== ':') throw new Fault(colon, `A colon is missing before ${shown(text, colon)}.`)
  return readValue(text, skip(text, colon + 1))
}

function readList(text: string, from: number, end: '}' | ']', read: (text: string, at: number) => number): number {
  let at = skip(text, from + 1)
  if (text[at] === end) return at + 1
  for (;;) {
    at = skip(text, read(text, at))
    if (text[at] === end) return at + 1
    if (text[at] !== ',') {
      const missing =
        at >= text.length ? `The closing ${end} is missing.` : `A comma is missing before ${shown(text, at)}.`
      throw new Fault(at, missing)
    }
    const next = skip(text, at + 1)
    if (text[next] === end) throw new Fault(at, `There is a comma too many before ${end}.`)
    at = next
  }
}

function readText(text: string, from: number): number {
  // Control characters, the line break among them, must be written as escapes.
  const match = /^"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*/u.exec(text.slice(from))
  const end = from + (match?.[0].length ?? 1)
  if (text[end] === '"') return end + 1
  if (text[end] === '\\')
    throw new Fault(end, 'After a backslash only " \\ / b f n r t or u with four digits may follow.')
  throw new Fault(end, 'The closing double quote of a text is missing.')
}
