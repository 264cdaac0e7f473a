import { promisify } from 'node:util'
import { constants, zstdCompress } from 'node:zlib'
import type { DataRecord } from '../../connectors/kit/connector.ts'
import type { PayloadRow } from './journal.ts'

const compress = promisify(zstdCompress)
// Level 1: 1.2 MB of invoices in 3 ms on a pool thread, 8 % larger than level 3.
const LEVEL = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }
/** Of JSON text; JSON compresses at least fourfold, so a chunk stays under 1 MB in the database. */
const CHUNK_BYTES = 4_000_000
/** Records kept from each end in `sample` capture. */
export const SAMPLE_ENDS = 25

/**
 * A payload as rows for the trace. `text` is the JSON text of `records`, where it exists already.
 * In `sample` capture only both ends are kept, and `total` says how many there were.
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
  if (capture === 'sample' && total > SAMPLE_ENDS * 2) {
    const kept = [...records.slice(0, SAMPLE_ENDS), ...records.slice(-SAMPLE_ENDS)]
    return [await row(node, kind, 0, kept.length, total, JSON.stringify(kept))]
  }
  const whole = text ?? JSON.stringify(records)
  if (whole.length <= CHUNK_BYTES) return [await row(node, kind, 0, total, total, whole)]

  const perChunk = Math.max(1, Math.floor(total / Math.ceil(whole.length / CHUNK_BYTES)))
  const rows: PayloadRow[] = []
  for (let from = 0; from < total; from += perChunk) {
    const slice = records.slice(from, from + perChunk)
    rows.push(await row(node, kind, rows.length, slice.length, total, JSON.stringify(slice)))
  }
  return rows
}

async function row(
  node: string,
  kind: string,
  chunk: number,
  records: number,
  total: number,
  text: string | Buffer,
): Promise<PayloadRow> {
  const plain = typeof text === 'string' ? Buffer.from(text) : text
  return { node, kind, chunk, records, total, bytes: plain.length, content: await compress(plain, LEVEL) }
}
