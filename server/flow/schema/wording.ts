/** How values and places are put into sentences. */

const SHOWN = 40

/** “…”, cut to what fits in a sentence. */
export function quote(text: string, most = SHOWN): string {
  const line = text.replace(/\s+/g, ' ')
  return `“${line.length > most ? `${line.slice(0, most)}…` : line}”`
}

export function describeValue(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return value.length === 1 ? 'a list of 1' : `a list of ${value.length}`
  switch (typeof value) {
    case 'string':
      return value === '' ? 'an empty text' : `the text ${quote(value)}`
    case 'number':
      return `the number ${value}`
    case 'boolean':
      return String(value)
    case 'object':
      return 'an object'
    default:
      return 'nothing'
  }
}

/** “a, b or c”. */
export function oneOf(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}

/** The known word that was probably meant: at most a third of its letters away. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  if (word.length > 100) return undefined
  let best: string | undefined
  let bestDistance = Number.POSITIVE_INFINITY
  for (const candidate of known) {
    const most = Math.floor(Math.max(word.length, candidate.length) / 3)
    if (Math.abs(candidate.length - word.length) > most) continue
    const far = distance(word.toLowerCase(), candidate.toLowerCase())
    if (far <= most && far < bestDistance) {
      best = candidate
      bestDistance = far
    }
  }
  return best
}

/** Levenshtein's distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
