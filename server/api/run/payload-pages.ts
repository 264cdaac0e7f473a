import { promisify } from 'node:util'
import { zstdDecompress } from 'node:zlib'
import type { Transaction } from 'kysely'
import { MAX_PAYLOAD_BYTES, type Payload } from '../../contract/runs.ts'
import { listChunks, type PayloadPlace, readChunk } from '../../store/trace/payloads.ts'
import type { Database } from '../../store/database/schema.ts'
import { masked, maskedCall } from '../view/mask.ts'

const decompress = promisify(zstdDecompress)

/** A chunk holds at most 1 MB compressed. JSON of alike records packs well, so a cap on what comes out guards memory. */
const MAX_CHUNK_BYTES = 256_000_000

/** See server/run/batch/trace.ts. */
const MISSING = 'A flow can keep samples, and of one step’s records of a batch 16 MB are kept at most.'

export type Look = { readonly masked: true } | { readonly masked: false; readonly contains?: string | undefined }

/**
 * A page of what was kept of one step's records. Chunks that hold none of it are not read. With `contains`, places count
 * among the records that hold the text.
 */
export async function readPayload(
  tx: Transaction<Database>,
  workspace: string,
  place: PayloadPlace,
  offset: number,
  limit: number,
  look: Look,
): Promise<Payload> {
  if (!look.masked && look.contains !== undefined) return search(tx, workspace, place, offset, limit, look.contains)
  const chunks = await listChunks(tx, workspace, place)
  const kept = chunks.reduce((sum, chunk) => sum + chunk.records, 0)
  const total = chunks[0]?.total ?? 0
  const records: unknown[] = []
  let bytes = 0
  let tooLarge = false
  let start = 0
  for (const chunk of chunks) {
    const end = start + chunk.records
    if (offset < end && start < offset + limit && !tooLarge) {
      const wanted = (await recordsOf(tx, workspace, place, chunk.chunk)).slice(
        Math.max(0, offset - start),
        Math.max(0, offset + limit - start),
      )
      for (const record of wanted) {
        bytes += Buffer.byteLength(JSON.stringify(record))
        // A record that is too large by itself still comes alone, or nobody could see it.
        tooLarge = bytes > MAX_PAYLOAD_BYTES && records.length > 0
        if (tooLarge) break
        records.push(record)
      }
    }
    start = end
  }
  const after = offset + records.length
  return {
    records: look.masked
      ? records.map((record) => (place.kind === 'http' ? maskedCall(record) : masked(record)))
      : records,
    masked: look.masked,
    offset,
    total,
    kept,
    next: records.length > 0 && after < kept ? after : null,
    truncated: tooLarge,
    note: noteOf({ chunks: chunks.length, kept, total, shown: records.length, tooLarge }),
  }
}

/** Every chunk is read, one after the other. */
async function search(
  tx: Transaction<Database>,
  workspace: string,
  place: PayloadPlace,
  offset: number,
  limit: number,
  text: string,
): Promise<Payload> {
  const sought = text.toLowerCase()
  const chunks = await listChunks(tx, workspace, place)
  const hits: unknown[] = []
  let found = 0
  let bytes = 0
  for (const { chunk } of chunks) {
    for (const record of await recordsOf(tx, workspace, place, chunk)) {
      const json = JSON.stringify(record)
      if (!json.toLowerCase().includes(sought)) continue
      found += 1
      if (found <= offset || hits.length >= limit || (bytes > 0 && bytes + json.length > MAX_PAYLOAD_BYTES)) continue
      bytes += json.length
      hits.push(record)
    }
  }
  const after = offset + hits.length
  const note = `${found === 1 ? '1 record holds' : `${found} records hold`} “${text}”.`
  const next = hits.length > 0 && after < found ? after : null
  return {
    records: hits,
    masked: false,
    offset,
    total: chunks[0]?.total ?? 0,
    kept: found,
    next,
    truncated: false,
    note,
  }
}

async function recordsOf(
  tx: Transaction<Database>,
  workspace: string,
  place: PayloadPlace,
  chunk: number,
): Promise<unknown[]> {
  const content = await readChunk(tx, workspace, place, chunk)
  return content ? unpackChunk(place.run, content) : [] // dropped by retention between two statements
}

/** The records of one chunk. */
export async function unpackChunk(run: string, content: Buffer): Promise<unknown[]> {
  const text = await decompress(content, { maxOutputLength: MAX_CHUNK_BYTES })
  const records: unknown = JSON.parse(text.toString())
  if (!Array.isArray(records)) throw new Error(`A payload chunk of run ${run} is not a list.`)
  return records
}

function noteOf(page: {
  chunks: number
  kept: number
  total: number
  shown: number
  tooLarge: boolean
}): string | null {
  const notes: string[] = []
  if (page.chunks === 0)
    notes.push('Nothing was kept here: the step had no such records, or they are past their retention.')
  if (page.kept < page.total) {
    notes.push(
      `Both ends were kept, ${page.kept} of ${page.total} records; ${page.total - page.kept} between them are missing. ${MISSING}`,
    )
  }
  if (page.tooLarge) {
    notes.push(
      `Only ${page.shown} records are shown, because one answer carries at most ${MAX_PAYLOAD_BYTES / 1_000_000} MB.`,
    )
  }
  return notes.length > 0 ? notes.join(' ') : null
}
