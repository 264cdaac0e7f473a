import { isUtf8 } from 'node:buffer'

/** How a file is written. RFC 4180 with another delimiter or encoding where people use one. */
export type Dialect = {
  readonly delimiter: ',' | ';' | '\t' | '|'
  readonly encoding: 'utf-8' | 'windows-1252'
}

export type Row = {
  readonly cells: readonly string[]
  /** Why it is none; `text` is then the line as it stands there. */
  readonly broken?: Broken
  /** Number of its first line, from 1. */
  readonly line: number
  /** Of the byte and the line after it, where a read goes on. */
  readonly next: { readonly offset: number; readonly line: number }
}

/** `cut`: only the beginning of the line is there. */
export type Broken = { readonly why: string; readonly text: string; readonly cut?: true }

export type Place = { readonly offset: number; readonly line: number }

/** Longest row, in bytes. A quote that is never closed would otherwise swallow the rest of the file. */
export const MOST_OF_A_ROW = 1_000_000
/** Longest part of a broken line that is kept for whoever puts it right, in bytes. */
const KEPT = 10_000

const [QUOTE, NEWLINE, RETURN] = [0x22, 0x0a, 0x0d]

/**
 * Rows of a file from a place on, some at a time as its pieces come; memory stays flat. Works on bytes, since a read has to
 * go on at a byte offset and a broken row must not take its neighbours along: after one, reading goes on at the next
 * line, which the kept parsers do not offer together. Empty lines are no rows.
 */
export async function* readRows(
  content: AsyncIterable<Uint8Array>,
  dialect: Dialect,
  from: Place = { offset: 0, line: 1 },
): AsyncGenerator<readonly Row[]> {
  let { offset, line } = from
  let waiting: Buffer = Buffer.alloc(0)
  let ended = false
  // Within a row that was given up for its length.
  let skipping = false
  const pieces = content[Symbol.asyncIterator]()
  while (!ended) {
    const piece = await pieces.next()
    ended = piece.done === true
    if (!ended) waiting = waiting.length === 0 ? Buffer.from(piece.value) : Buffer.concat([waiting, piece.value])
    // Whether a mark of byte order stands at the beginning is not known before three bytes are there.
    if (offset === 0 && waiting.length < 3 && !ended) continue
    const rows: Row[] = []
    let at = offset === 0 && waiting.subarray(0, 3).equals(BYTE_ORDER_MARK) ? 3 : 0
    offset += at
    const scan = scanner(waiting, dialect, ended)
    while (at < waiting.length) {
      if (skipping) {
        const newline = waiting.indexOf(NEWLINE, at)
        const end = newline === -1 ? waiting.length : newline + 1
        offset += end - at
        at = end
        skipping = newline === -1
        if (!skipping) line += 1
        continue
      }
      const found = scan(at)
      if (!found) break
      const first = line
      offset += found.end - at
      line += found.lines
      at = found.end
      skipping = found.lines === 0
      const empty = found.cells.length === 1 && found.cells[0] === '' && !found.broken
      if (!empty) {
        const row = { cells: found.cells, line: first, next: { offset, line } }
        rows.push(found.broken ? { ...row, broken: found.broken } : row)
      }
    }
    waiting = waiting.subarray(at)
    if (rows.length > 0) yield rows
  }
}

/** The one row that a text is; more or less than one is broken. */
export function oneRow(text: string, dialect: Dialect): Pick<Row, 'cells' | 'broken'> {
  const bytes = Buffer.from(text)
  const found = scanner(bytes, { ...dialect, encoding: 'utf-8' }, true)(0)
  if (!found) return { cells: [], broken: { why: 'There is no row.', text } }
  if (found.broken) return { cells: [], broken: found.broken }
  return found.end < bytes.length ? { cells: [], broken: { why: 'These are several rows.', text } } : found
}

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf])

/** `lines` is 0 where the row is given up before its end has come. */
type Found = Pick<Row, 'cells' | 'broken'> & { readonly end: number; readonly lines: number }

/** Finds the row that begins at an offset; undefined when its end has not come yet. Offsets have to grow. */
function scanner(bytes: Buffer, dialect: Dialect, ended: boolean): (start: number) => Found | undefined {
  const decode = decoderOf(dialect)
  const separator = dialect.delimiter.charCodeAt(0)
  let quote = 0

  /** Where the next quote is, asked again only when it has been passed: a file without any is looked through once. */
  function quoteFrom(at: number): number {
    if (quote < at || quote === 0) {
      const found = bytes.indexOf(QUOTE, at)
      quote = found === -1 ? Number.POSITIVE_INFINITY : found
    }
    return quote
  }

  const tooLong = (start: number) => bytes.length - start > MOST_OF_A_ROW

  /** Gives up on a row at the end of its first line: what follows may be in order. */
  function broken(start: number, why: string): Found | undefined {
    const newline = bytes.indexOf(NEWLINE, start)
    if (newline === -1 && !ended && !tooLong(start)) return undefined
    const end = newline === -1 ? bytes.length : newline + 1
    const kept = bytes.subarray(start, Math.min(end, start + KEPT))
    const text = (decode(kept) ?? kept.toString('latin1')).trimEnd()
    const broken = end > start + KEPT ? ({ why, text, cut: true } as const) : { why, text }
    return { cells: [], broken, end, lines: newline === -1 && !ended ? 0 : 1 }
  }

  const wrongLetters = 'The row is not written in UTF-8.'

  function quotedRow(start: number): Found | undefined {
    const ranges: [from: number, to: number, doubled: boolean][] = []
    let lines = 1
    for (let at = start; ; at++) {
      if (bytes[at] === QUOTE) {
        const close = closing(bytes, at + 1)
        const open = close === undefined || (close.at + 1 === bytes.length && !ended)
        if (open && !ended && !tooLong(start)) return undefined
        if (close === undefined) return broken(start, 'A quote is opened and not closed.')
        ranges.push([at + 1, close.at, close.doubled])
        lines += newlines(bytes, at + 1, close.at)
        at = close.at + 1
      } else {
        let end = at
        while (end < bytes.length && bytes[end] !== separator && bytes[end] !== NEWLINE && bytes[end] !== QUOTE)
          end += 1
        if (bytes[end] === QUOTE) return broken(start, 'A quote stands within a cell that is not quoted.')
        if (end === bytes.length && !ended && !tooLong(start)) return undefined
        ranges.push([at, bytes[end] === separator ? end : lineEnd(bytes, at, end), false])
        at = end
      }
      if (bytes[at] === RETURN && (bytes[at + 1] === NEWLINE || at + 1 === bytes.length)) at += 1
      if (at >= bytes.length && !ended && !tooLong(start)) return undefined
      if (at - start > MOST_OF_A_ROW) return broken(start, LONG)
      if (at >= bytes.length || bytes[at] === NEWLINE)
        return rowOf(start, Math.min(at + 1, bytes.length), ranges, lines)
      if (bytes[at] !== separator) return broken(start, 'Something follows a closing quote.')
    }
  }

  function rowOf(
    start: number,
    end: number,
    ranges: readonly [number, number, boolean][],
    lines: number,
  ): Found | undefined {
    const row = bytes.subarray(start, end)
    const whole = decode(row)
    if (whole === undefined) return broken(start, wrongLetters)
    // Where every letter is one byte, cells are cut out of the decoded row: one call instead of one for each cell.
    const plain = whole.length === row.length
    const cells = ranges.map(([from, to, doubled]) => {
      const text = plain ? whole.slice(from - start, to - start) : (decode(bytes.subarray(from, to)) ?? '')
      return doubled ? text.replaceAll('""', '"') : text
    })
    return { cells, end, lines }
  }

  return (start) => {
    const newline = bytes.indexOf(NEWLINE, start)
    const stop = newline === -1 ? bytes.length : newline
    if (quoteFrom(start) < stop) return quotedRow(start)
    if (newline === -1 && !ended && !tooLong(start)) return undefined
    if (stop - start > MOST_OF_A_ROW) return broken(start, LONG)
    const text = decode(bytes.subarray(start, lineEnd(bytes, start, stop)))
    if (text === undefined) return broken(start, wrongLetters)
    return { cells: text.split(dialect.delimiter), end: Math.min(stop + 1, bytes.length), lines: 1 }
  }
}

const LONG = `The row is longer than ${MOST_OF_A_ROW} bytes.`

/** Undefined: the bytes are not of this encoding. */
function decoderOf({ encoding }: Dialect): (bytes: Buffer) => string | undefined {
  if (encoding === 'utf-8') return (bytes) => (isUtf8(bytes) ? bytes.toString('utf8') : undefined)
  const decoder = new TextDecoder('windows-1252')
  return (bytes) => decoder.decode(bytes)
}

/** Where a quoted cell ends; two quotes are one of its own. */
function closing(bytes: Buffer, from: number): { readonly at: number; readonly doubled: boolean } | undefined {
  let doubled = false
  for (let at = bytes.indexOf(QUOTE, from); at !== -1; at = bytes.indexOf(QUOTE, at + 2)) {
    if (bytes[at + 1] !== QUOTE) return { at, doubled }
    doubled = true
  }
  return undefined
}

/** The end of a line without the return before it. */
const lineEnd = (bytes: Buffer, start: number, end: number): number =>
  end > start && bytes[end - 1] === RETURN ? end - 1 : end

function newlines(bytes: Buffer, from: number, to: number): number {
  let count = 0
  for (let at = from; at < to; at++) if (bytes[at] === NEWLINE) count += 1
  return count
}
