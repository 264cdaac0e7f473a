import { DECIMAL } from './decimal.ts'

/** Why an upload is refused as a whole; the text goes back to the sender. */
export class CsvRefusal extends Error {
  override name = 'CsvRefusal'
}

const FIXED = new Set(['item', 'price', 'order', 'timestamp', 'customer', 'email', 'quantity'])
const CUSTOM = /^[ifstb]_\w+$/
const MUST = ['item', 'price', 'order', 'timestamp', 'quantity']

/** Throws a sentence when these columns could never be agreed on. */
export const checkColumns = (columns: readonly string[]): void => {
  const twice = columns.find((name, at) => columns.indexOf(name) !== at)
  if (twice !== undefined) throw new CsvRefusal(`Column given twice: ${twice}`)
  for (const name of MUST) if (!columns.includes(name)) throw new CsvRefusal(`Column missing: ${name}`)
  if (columns.includes('customer') === columns.includes('email'))
    throw new CsvRefusal('Exactly one of the columns customer and email is needed')
  for (const name of columns)
    if (!FIXED.has(name) && !CUSTOM.test(name)) throw new CsvRefusal(`Unknown column: ${name}`)
}

/** Cells of one line. Quotes are doubled inside quoted cells; a quote elsewhere is an error. */
const cellsOf = (line: string, number: number): string[] => {
  if (!line.includes('"')) return line.split(',')
  const cells: string[] = []
  let at = 0
  for (;;) {
    if (line[at] === '"') {
      let cell = ''
      for (;;) {
        const quote = line.indexOf('"', at + 1)
        if (quote === -1) throw new CsvRefusal(`Line ${number}: quoted value does not end on its line`)
        cell += line.slice(at + 1, quote)
        at = quote
        if (line[quote + 1] !== '"') break
        cell += '"'
        at = quote + 1
      }
      cells.push(cell)
      at++
      if (at === line.length) return cells
      if (line[at] !== ',') throw new CsvRefusal(`Line ${number}: text after a quoted value`)
    } else {
      const comma = line.indexOf(',', at)
      const cell = comma === -1 ? line.slice(at) : line.slice(at, comma)
      if (cell.includes('"')) throw new CsvRefusal(`Line ${number}: quote inside an unquoted value`)
      cells.push(cell)
      if (comma === -1) return cells
      at = comma
    }
    at++
  }
}

const TIMESTAMP = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2}))?$/

/** Milliseconds since 1970; a bare date means midnight UTC. `undefined` when it is no such time. */
export const timeOf = (timestamp: string): number | undefined => {
  if (!TIMESTAMP.test(timestamp)) return undefined
  const time = Date.parse(timestamp.replace(/([+-]\d{2})(\d{2})$/, '$1:$2'))
  // Date.parse lets 30 February through as 2 March.
  const [year, month, day] = timestamp.slice(0, 10).split('-').map(Number)
  if (Number.isNaN(time) || (day ?? 0) > new Date(Date.UTC(year ?? 0, month ?? 0, 0)).getUTCDate()) return undefined
  return time
}

const isPresent = (value: string): boolean => value !== ''

/** What a value of this column must look like. */
const ruleOf = (column: string): ((value: string) => boolean) => {
  switch (column) {
    case 'price':
    case 'quantity':
      return (value) => DECIMAL.test(value)
    case 'item':
    case 'order':
    case 'customer':
    case 'email':
      return isPresent
    case 'timestamp':
      return (value) => timeOf(value) !== undefined
    default:
      if (column.startsWith('i_')) return (value) => value === '' || /^-?\d{1,18}$/.test(value)
      if (column.startsWith('f_')) return (value) => value === '' || DECIMAL.test(value)
      return () => true
  }
}

/**
 * Reads a sales upload by the rules of the account: UTF-8, header as agreed (names, letter case, order), comma, every
 * value of its type. One bad line refuses everything. Rows come as cells in column order.
 */
export const readSalesCsv = (bytes: Uint8Array, columns: readonly string[]): string[][] => {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new CsvRefusal('The upload is not valid UTF-8')
  }
  const lines = text.split(/\r?\n/)
  if (lines.at(-1) === '') lines.pop()
  const header = cellsOf(lines[0] ?? '', 1)
  if (header.includes('customer') && header.includes('email'))
    throw new CsvRefusal('Both customer and email are given; exactly one is allowed')
  if (header.length !== columns.length || header.some((name, at) => name !== columns[at]))
    throw new CsvRefusal(`Columns differ from those agreed on: ${columns.join(',')}`)
  if (lines.length < 2) throw new CsvRefusal('The upload holds no rows')
  const rules = columns.map(ruleOf)
  const rows: string[][] = []
  for (let at = 1; at < lines.length; at++) {
    const cells = cellsOf(lines[at] ?? '', at + 1)
    if (cells.length !== columns.length)
      throw new CsvRefusal(`Line ${at + 1}: ${cells.length} values for ${columns.length} columns`)
    for (let index = 0; index < cells.length; index++) {
      const cell = cells[index] ?? ''
      if (cell !== cell.trim()) throw new CsvRefusal(`Line ${at + 1}: blanks around the value of ${columns[index]}`)
      if (rules[index]?.(cell) !== true) throw new CsvRefusal(`Line ${at + 1}: unusable value for ${columns[index]}`)
    }
    rows.push(cells)
  }
  return rows
}
