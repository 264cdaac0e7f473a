/**
 * Which names `orders-*.csv` stands for, letters in either case. Looked for part by part, each at its first place: as a
 * regular expression a few stars would take for ever on a name that nearly fits, and stop the whole process.
 */
export function namesLike(names: string): (name: string) => boolean {
  const [first = '', ...middle] = names.toLowerCase().split('*')
  const last = middle.pop()
  return (name) => {
    const text = name.toLowerCase()
    if (last === undefined) return text === first
    const end = text.length - last.length
    if (end < first.length || !text.startsWith(first) || !text.endsWith(last)) return false
    let at = first.length
    for (const part of middle) {
      const found = text.indexOf(part, at)
      if (found < 0 || found + part.length > end) return false
      at = found + part.length
    }
    return true
  }
}
