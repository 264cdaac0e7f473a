import { promisify } from 'node:util'
import { constants, zstdCompress, zstdCompressSync } from 'node:zlib'
import type { DataRecord } from '../../../connectors/kit/connector.ts'
import type { PayloadRow } from '../journal/journal.ts'

const compress = promisify(zstdCompress)
// Level 1: 1.2 MB of invoices in 3 ms on a pool thread, 8 % larger than level 3.
const LEVEL = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }
/**
 * Up to so many bytes it is done at once: the way to a pool thread and back costs 60 to 150 µs of CPU, more than the work
 * itself (30 µs for 1 kB, 80 µs for this much), and the payloads of a small run are small.
 */
const AT_ONCE_BYTES = 65_536
/** Of JSON text. Records compress fourfold and better, so a chunk has 1 MB in the database at most; see `chunksOf`. */
const CHUNK_CHARS = 4_000_000
/** What a chunk may have in the database, in bytes. */
const MOST_BYTES = 1_000_000
/** JSON text that is kept of one payload: one step, one batch, one port. Beyond it, both ends are. */
export const MOST_CHARS = 16_000_000
/** Records kept from each end in `sample` capture. */
export const SAMPLE_ENDS = 25
/** Characters shown of a record that is too large to be kept. */
const MARK_CHARS = 2_000

/**
 * A payload as rows for the trace. `text` is the JSON text of `records`, where it exists already.
 * In `sample` capture only both ends are kept; so they are of a payload beyond MOST_CHARS. `total` says how many
 * records there were. Content never fails a run: what cannot be written as JSON is kept as a record that says so.
 */
export async function tracePayload(
  node: string,
  kind: string,
  records: readonly DataRecord[],
  capture: 'full' | 'sample',
  text?: string | Buffer,
): Promise<readonly PayloadRow[]> {
  const total = records.length
  if (total === 0) return []
  const place = { node, kind, total }
  if (capture === 'sample' && total > SAMPLE_ENDS * 2) {
    return pack(place, withinCap([...records.slice(0, SAMPLE_ENDS), ...records.slice(-SAMPLE_ENDS)].map(recordText)))
  }
  const whole = text ?? wholeText(records)
  // The usual case: nothing has to be taken apart.
  if (whole !== undefined && whole.length <= CHUNK_CHARS) {
    const row = await packed(whole)
    if (row.content.length <= MOST_BYTES) return [{ ...place, chunk: 0, records: total, ...row }]
  }
  return pack(place, withinCap(records.map(recordText)))
}

function wholeText(records: readonly DataRecord[]): string | undefined {
  try {
    return JSON.stringify(records)
  } catch {
    // A text too long for JavaScript, or a record without a JSON text. One by one it shows which.
    return undefined
  }
}

/** JSON text of one record; of one that is too large, or has none, of a record in its place that says so. */
function recordText(record: DataRecord): string {
  try {
    const text = JSON.stringify(record)
    if (text.length <= MOST_CHARS) return text
    return JSON.stringify({ tooLarge: text.length, begins: text.slice(0, MARK_CHARS) })
  } catch (error) {
    return JSON.stringify({ notKept: error instanceof Error ? error.message : String(error) })
  }
}

/** All of them, or as many from both ends as fit: half of what may be kept from each. */
function withinCap(texts: readonly string[]): readonly string[] {
  if (texts.reduce((sum, text) => sum + text.length + 1, 2) <= MOST_CHARS) return texts
  const head = fitting(texts, MOST_CHARS / 2)
  const tail = fitting(texts.toReversed(), MOST_CHARS / 2)
  // One record that fills more than half of it alone is kept, rather than nothing.
  if (head + tail === 0) return texts.slice(0, 1)
  return [...texts.slice(0, head), ...texts.slice(texts.length - tail)]
}

/** How many of the texts, from the first one on, have room. */
function fitting(texts: readonly string[], room: number): number {
  let used = 0
  for (const [count, text] of texts.entries()) {
    used += text.length + 1
    if (used > room) return count
  }
  return texts.length
}

async function pack(
  place: { readonly node: string; readonly kind: string; readonly total: number },
  texts: readonly string[],
): Promise<readonly PayloadRow[]> {
  const rows: PayloadRow[] = []
  for await (const chunk of chunksOf(texts)) rows.push({ ...place, chunk: rows.length, ...chunk })
  return rows
}

type Chunk = Pick<PayloadRow, 'records' | 'bytes' | 'content'>

/** Chunks of whole records. One that compresses badly is halved; a single record has as many bytes as it has. */
async function* chunksOf(texts: readonly string[]): AsyncGenerator<Chunk> {
  for (let from = 0; from < texts.length; ) {
    let to = from
    let chars = 0
    do chars += texts[to++]!.length + 1
    while (to < texts.length && chars + texts[to]!.length <= CHUNK_CHARS)
    yield* halvedUntilSmall(texts.slice(from, to))
    from = to
  }
}

async function* halvedUntilSmall(texts: readonly string[]): AsyncGenerator<Chunk> {
  const row = await packed(`[${texts.join(',')}]`)
  if (row.content.length <= MOST_BYTES || texts.length === 1) {
    yield { records: texts.length, ...row }
    return
  }
  const middle = texts.length >> 1
  yield* halvedUntilSmall(texts.slice(0, middle))
  yield* halvedUntilSmall(texts.slice(middle))
}

async function packed(text: string | Buffer): Promise<Pick<PayloadRow, 'bytes' | 'content'>> {
  const plain = typeof text === 'string' ? Buffer.from(text) : text
  const content = plain.length <= AT_ONCE_BYTES ? zstdCompressSync(plain, LEVEL) : await compress(plain, LEVEL)
  return { bytes: plain.length, content }
}
