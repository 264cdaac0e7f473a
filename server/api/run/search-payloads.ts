import type { Transaction } from 'kysely'
import type { PayloadHit, PayloadSearch } from '../../contract/payload-search.ts'
import type { TracePlace } from '../../store/database/partitions.ts'
import { type ChunkPlace, walkPayloads } from '../../store/trace/payload-walk.ts'
import type { Database } from '../../store/database/schema.ts'
import { keyOf, textFinder } from '../view/find-text.ts'
import { unpackChunk } from './payload-pages.ts'

/** JSON text that one request looks through: 0.1 to 0.2 s of work. A single chunk may be larger by itself. */
const MOST_BYTES = 8_000_000
/** Chunks of small batches cost their reading, not their bytes. */
const MOST_CHUNKS = 500

export type Searched = {
  readonly q: string
  readonly cursor?: string | undefined
  readonly limit: number
  readonly masked: boolean
}

/**
 * Looks through the next stretch of what was kept of a run, in the order of batch and step. The work does not depend on
 * what is found, except that it ends early with `limit` hits.
 */
export async function searchPayloads(
  tx: Transaction<Database>,
  workspace: string,
  run: TracePlace & { readonly batches: number },
  { q, cursor, limit, masked }: Searched,
): Promise<PayloadSearch> {
  const find = textFinder(q.trim().normalize('NFC').toLowerCase(), masked)
  const from = cursor === undefined ? undefined : placeOf(cursor)
  const chunks = await walkPayloads(tx, workspace, run, from, { bytes: MOST_BYTES, rows: MOST_CHUNKS })
  const hits: PayloadHit[] = []
  const records = { looked: 0, missing: 0 }
  const answer = (next: Place | undefined): PayloadSearch => ({
    hits,
    next: next ? cursorOf(next) : null,
    // Batches settle in order and are numbered from 0, so the number of one is how many are before it.
    batches: { looked: next ? Math.min(next.batch, run.batches) : run.batches, of: run.batches },
    records,
    masked,
  })
  let first = from?.record ?? 0
  for (const chunk of chunks) {
    const place = { batch: chunk.batch, node: chunk.node_id, kind: chunk.kind }
    const isFrom = from !== undefined && samePlace(from, { ...place, chunk: chunk.chunk })
    if (!isFrom) first = 0
    if (first === 0) records.missing += chunk.missing
    for (const [index, record] of (await unpackChunk(run.run, chunk.content)).entries()) {
      if (index < first) continue
      records.looked += 1
      const found = find(record)
      if (!found) continue
      hits.push({ ...place, place: chunk.before + index, key: keyOf(record, masked), ...found })
      if (hits.length >= limit) return answer({ ...place, chunk: chunk.chunk, record: index + 1 })
    }
  }
  const last = chunks.at(-1)
  if (last === undefined) return answer(undefined)
  const after = { batch: last.batch, node: last.node_id, kind: last.kind, chunk: last.chunk + 1, record: 0 }
  const [more] = await walkPayloads(tx, workspace, run, after, { bytes: 1, rows: 1 })
  return answer(more && { batch: more.batch, node: more.node_id, kind: more.kind, chunk: more.chunk, record: 0 })
}

/** `record`: the first of its chunk that was not looked at. */
type Place = ChunkPlace & { readonly record: number }

const cursorOf = ({ batch, chunk, record, kind, node }: Place): string => `${batch}.${chunk}.${record}.${kind}.${node}`

/** Whoever makes one up begins elsewhere in the same run, and sees nothing else for it. */
function placeOf(cursor: string): Place {
  const [batch = '', chunk = '', record = '', kind = '', ...node] = cursor.split('.')
  return { batch: Number(batch), chunk: Number(chunk), record: Number(record), kind, node: node.join('.') }
}

const samePlace = (one: ChunkPlace, other: ChunkPlace): boolean =>
  one.batch === other.batch && one.node === other.node && one.kind === other.kind && one.chunk === other.chunk
