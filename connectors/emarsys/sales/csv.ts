import { StepError } from '../../kit/errors.ts'
import { hasControls } from '../field/keys.ts'

/**
 * CSV for machines (RFC 4180): quoted where needed, quotes doubled, no control characters, no blanks around commas, and
 * no apostrophe before formulas: that belongs into files for people and would spoil data here.
 */
export function writeCsv(rows: readonly (readonly string[])[]): string {
  const text = rows.map((row) => `${row.map(cell).join(',')}\n`).join('')
  // Rows cannot be taken back once they are sent, so what a reader will see is checked against what was meant.
  if (!sameRows(parseCsv(text), rows)) {
    throw new StepError('INVALID_INPUT', 'These rows do not survive being written as CSV.')
  }
  return text
}

/** How long a cell is once it is written, with the comma or line end behind it, in bytes. */
export const cellBytes = (value: string): number => Buffer.byteLength(cell(value)) + 1

const TO_QUOTE = /[",]|^\s|\s$/

function cell(value: string): string {
  if (hasControls(value))
    throw new StepError('INVALID_INPUT', 'A value holds a line break or another control character.')
  return TO_QUOTE.test(value) ? `"${value.replaceAll('"', '""')}"` : value
}

/** Reads what `writeCsv` writes. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  for (let at = 0; at < text.length; ) {
    let value = ''
    if (text[at] === '"') {
      for (at += 1; ; at += 2) {
        const end = text.indexOf('"', at)
        if (end < 0) return []
        value += text.slice(at, end)
        at = end
        if (text[at + 1] !== '"') break
        value += '"'
      }
      at += 1
    } else {
      let end = at
      while (end < text.length && text[end] !== ',' && text[end] !== '\n') end += 1
      value = text.slice(at, end)
      at = end
    }
    row.push(value)
    if (text[at] === ',') {
      at += 1
      // A comma before the end of a line leaves one more, empty cell.
      if (text[at] === '\n') row.push('')
      else continue
    }
    rows.push(row)
    row = []
    at += 1
  }
  return rows
}

const sameRows = (read: readonly (readonly string[])[], meant: readonly (readonly string[])[]) =>
  read.length === meant.length &&
  read.every(
    (row, at) => row.length === meant[at]!.length && row.every((value, column) => value === meant[at]![column]),
  )
