import { StepError } from '../../kit/errors.ts'

/**
 * Rows of CSV as exports have it (RFC 4180 with any delimiter; CRLF or LF; line breaks within quotes). A quote that is
 * not closed means that the text was cut off.
 */
export function parseDelimited(text: string, delimiter: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  let at = text.startsWith('\uFEFF') ? 1 : 0
  while (at < text.length) {
    let value: string
    if (text[at] === '"') {
      const end = endOfQuoted(text, at)
      value = text.slice(at + 1, end).replaceAll('""', '"')
      at = end + 1
    } else {
      let end = at
      while (end < text.length && text[end] !== delimiter && text[end] !== '\n' && text[end] !== '\r') end += 1
      value = text.slice(at, end)
      at = end
    }
    row.push(value)
    if (text[at] === delimiter) {
      at += 1
      // A delimiter before the end of a line leaves one more, empty cell.
      if (at < text.length && text[at] !== '\n' && text[at] !== '\r') continue
      row.push('')
    }
    if (text[at] === '\r') at += 1
    if (text[at] === '\n') at += 1
    else if (at < text.length) throw new StepError('REPLY_UNREADABLE', 'The exported file is no CSV.')
    rows.push(row)
    row = []
  }
  return rows
}

function endOfQuoted(text: string, start: number): number {
  for (let at = start + 1; ; at += 2) {
    at = text.indexOf('"', at)
    if (at < 0) throw new StepError('REPLY_UNREADABLE', 'The exported file ends within a quoted value.')
    if (text[at + 1] !== '"') return at
  }
}
