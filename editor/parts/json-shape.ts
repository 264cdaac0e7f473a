/** Names of the fields of a page of records in the order they first appear, at most `most`, and how many are left out. */
export function columnsOf(records: readonly unknown[], most: number): { names: readonly string[]; left: number } {
  const names = new Set<string>()
  for (const record of records) {
    if (typeof record === 'object' && record !== null && !Array.isArray(record)) {
      for (const name of Object.keys(record)) names.add(name)
    } else names.add('value')
  }
  return { names: [...names].slice(0, most), left: Math.max(0, names.size - most) }
}

/** What stands in a cell: text as it is, lists and objects as a short note, nothing for a field that is not there. */
export function cellText(record: unknown, name: string): string {
  const value = fieldOf(record, name)
  if (value === undefined) return ''
  if (value === null) return 'null'
  if (Array.isArray(value)) return value.length === 1 ? '1 element' : `${value.length} elements`
  if (typeof value === 'object') {
    const text = beginningOf(value, 60)
    return text.length > 60 ? `${text.slice(0, 57)}…` : text
  }
  const text = String(value)
  return text.length > MOST_IN_CELL ? `${text.slice(0, MOST_IN_CELL)}…` : text
}

/** A cell is for telling records apart; the tree has all of it. */
const MOST_IN_CELL = 300

/** Whether a text stands anywhere in a value, as a name or as what stands there; capitals do not matter. */
export function holds(value: unknown, wanted: string): boolean {
  const text = wanted.toLowerCase()
  const within = (part: unknown): boolean => {
    if (typeof part !== 'object' || part === null) return String(part).toLowerCase().includes(text)
    if (Array.isArray(part)) return part.some(within)
    return Object.entries(part).some(([name, child]) => name.toLowerCase().includes(text) || within(child))
  }
  return within(value)
}

/** A value as JSON text, of which only the beginning is made: a cell shows 60 signs, also of an object of megabytes. */
function beginningOf(value: unknown, most: number): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, most))
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? ''
  const list = Array.isArray(value)
  let text = list ? '[' : '{'
  for (const name in value) {
    if (!Object.hasOwn(value, name)) continue
    if (text.length > 1) text += ','
    if (!list) text += `${JSON.stringify(name.slice(0, most))}:`
    text += beginningOf(Reflect.get(value, name), Math.max(1, most - text.length))
    if (text.length > most) return text
  }
  return text + (list ? ']' : '}')
}

function fieldOf(record: unknown, name: string): unknown {
  if (typeof record === 'object' && record !== null && !Array.isArray(record)) {
    return Object.hasOwn(record, name) ? Reflect.get(record, name) : undefined
  }
  return name === 'value' ? record : undefined
}

export const kindOf = (value: unknown): 'text' | 'number' | 'other' =>
  typeof value === 'string' ? 'text' : typeof value === 'number' ? 'number' : 'other'
