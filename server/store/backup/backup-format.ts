import { createReadStream } from 'node:fs'
import { createZstdDecompress } from 'node:zlib'
import { DatabaseError } from '../database/errors.ts'

// A backup is one zstd stream of text: a line of JSON (Header); then per table a line of JSON (TableStart), its rows in
// PostgreSQL's COPY text format, a line `\.`, which no row can be, and a line of JSON (TableEnd); at last a line of JSON (End).

export const FORMAT = 1

export type Header = {
  readonly tieline: 'backup'
  readonly format: number
  /** The last migration of the database it was made from. */
  readonly schema: string
  readonly made: string
  /** Which secret key its sealed secrets need; see keyFingerprint. */
  readonly key: string
  readonly partitions: readonly Partition[]
  readonly sequences: readonly { readonly name: string; readonly value: string }[]
}
export type Partition = {
  readonly name: string
  readonly parent: string
  readonly bound: string
  readonly secured: boolean
  readonly forced: boolean
}
export type TableStart = { readonly table: string; readonly columns: readonly string[] }
export type TableEnd = { readonly rows: number }
export type End = {
  readonly end: true
  readonly tables: number
  readonly rows: number
  /** HMAC-SHA256 in hex of every byte before this line; see backup-proof.ts. Backups of older versions have none. */
  readonly proof?: string
}

export const ROWS_END = Buffer.from('\\.\n')
/** Longer than any line of JSON in a backup, the header's partitions of years included, in bytes. */
const MAX_LINE = 16_000_000
const BEFORE_END = Buffer.from('\n\\.\n')

/** Reads a backup from its beginning, once. Asks for the parts in their order. */
export class BackupReader {
  readonly #file: string
  readonly #chunks: AsyncIterator<Buffer>
  #rest: Buffer = Buffer.alloc(0)

  constructor(file: string) {
    this.#file = file
    const source = createReadStream(file)
    const plain = createZstdDecompress()
    source.on('error', (error) => plain.destroy(error))
    this.#chunks = source.pipe(plain)[Symbol.asyncIterator]()
  }

  /** The next line of JSON, checked to be one of ours by the caller. */
  async line(): Promise<unknown> {
    const pieces: Buffer[] = []
    let held = 0
    let end = this.#rest.indexOf(10)
    while (end < 0) {
      pieces.push(this.#rest)
      held += this.#rest.length
      // The first line is read before the file is proven: a few packed kilobytes could be gigabytes.
      if (held > MAX_LINE) throw unreadable(this.#file, 'a line of it is longer than any of a backup')
      this.#rest = await this.#next()
      end = this.#rest.indexOf(10)
    }
    const text = Buffer.concat([...pieces, this.#rest.subarray(0, end)]).toString()
    this.#rest = this.#rest.subarray(end + 1)
    try {
      return JSON.parse(text)
    } catch (error) {
      throw unreadable(this.#file, 'it is not a backup of this product', error)
    }
  }

  /** The rows of the table that the last line announced. */
  async *rows(): AsyncGenerator<Buffer> {
    // The line feed before the first row is put back, so that the end mark is always preceded by one.
    this.#rest = Buffer.concat([Buffer.from('\n'), this.#rest])
    let skip = 1
    for (;;) {
      const end = this.#rest.indexOf(BEFORE_END)
      const upTo = end >= 0 ? end + 1 : this.#rest.length - BEFORE_END.length
      if (upTo > skip) {
        yield this.#rest.subarray(skip, upTo)
        this.#rest = this.#rest.subarray(upTo - 1)
        // What was read last stays as the line feed, or any byte, before what follows.
        skip = 1
      }
      if (end >= 0) {
        this.#rest = this.#rest.subarray(this.#rest.indexOf(BEFORE_END) + BEFORE_END.length)
        return
      }
      this.#rest = Buffer.concat([this.#rest, await this.#next()])
    }
  }

  async #next(): Promise<Buffer> {
    let next: IteratorResult<Buffer>
    try {
      next = await this.#chunks.next()
    } catch (error) {
      throw unreadable(this.#file, error instanceof Error ? error.message : String(error), error)
    }
    if (next.done) throw unreadable(this.#file, 'it ends before its end mark')
    return next.value
  }

  /** Lets go of the file. */
  async close(): Promise<void> {
    await this.#chunks.return?.()
  }
}

const isText = (value: unknown): value is string => typeof value === 'string'
const holds = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isList = (value: unknown, of: (one: unknown) => boolean): boolean => Array.isArray(value) && value.every(of)

/** Whoever says that a file may be taken as it is has not said that it is whole. */
export const isHeader = (value: unknown): value is Header =>
  holds(value) &&
  isText(value['key']) &&
  isText(value['made']) &&
  !Number.isNaN(Date.parse(value['made'])) &&
  isList(value['partitions'], (one) => holds(one) && [one['name'], one['parent'], one['bound']].every(isText)) &&
  isList(value['sequences'], (one) => holds(one) && isText(one['name']) && /^-?\d{1,19}$/.test(String(one['value'])))
export const isEnd = (value: unknown): value is End => holds(value) && value['end'] === true
export const isTableStart = (value: unknown): value is TableStart =>
  holds(value) && isText(value['table']) && isList(value['columns'], isText)

export function unreadable(file: string, why: string, cause?: unknown): DatabaseError {
  const message = `${file} cannot be read as a backup: ${why}. Nothing was changed. Use another backup file.`
  return new DatabaseError('BACKUP_UNREADABLE', message, { cause })
}
