import { sql, type Transaction } from 'kysely'
import type { TracePlace } from '../database/partitions.ts'
import type { Database } from '../database/schema.ts'

/** Where a chunk stands in the order in which a run's trace is walked. */
export type ChunkPlace = {
  readonly batch: number
  readonly node: string
  readonly kind: string
  readonly chunk: number
}

export type WalkedChunk = {
  readonly batch: number
  readonly node_id: string
  readonly kind: string
  readonly chunk: number
  readonly records: number
  /** Records of the same payload in the chunks before it. */
  readonly before: number
  /** Records of its payload that were not kept; said with its first chunk. */
  readonly missing: number
  /** zstd of the JSON text of a list of records. */
  readonly content: Buffer
}

/**
 * The next chunks of a run's trace in the order of their key, from a place on: as many as have `bytes` of JSON text
 * together, one at least, and `rows` at most.
 */
export async function walkPayloads(
  tx: Transaction<Database>,
  workspace: string,
  place: TracePlace,
  from: ChunkPlace | undefined,
  most: { readonly bytes: number; readonly rows: number },
): Promise<readonly WalkedChunk[]> {
  const mine = (alias: string) => sql`${sql.ref(`${alias}.workspace_id`)} = ${workspace}
    and ${sql.ref(`${alias}.run_id`)} = ${place.run}
    and ${sql.ref(`${alias}.day`)} = ${place.day} and ${sql.ref(`${alias}.trace_class`)} = ${place.traceClass}`
  const same = sql`${mine('q')} and q.batch = w.batch and q.node_id = w.node_id and q.kind = w.kind`
  const { rows } = await sql<WalkedChunk>`
    select w.batch, w.node_id, w.kind, w.chunk, w.records, w.content,
      case when w.chunk = 0 then 0
        else (select coalesce(sum(q.records), 0)::int from payloads q where ${same} and q.chunk < w.chunk) end as before,
      case when w.chunk = 0 and w.total > w.records
        then (select (w.total - sum(q.records))::int from payloads q where ${same}) else 0 end as missing
    from (
      select p.batch, p.node_id, p.kind, p.chunk, p.records, p.total, p.content,
        sum(p.bytes::bigint) over (order by p.batch, p.node_id, p.kind, p.chunk) - p.bytes as ahead
      from payloads p
      where ${mine('p')}
        and (p.batch, p.node_id, p.kind, p.chunk)
          >= (${from?.batch ?? 0}, ${from?.node ?? ''}, ${from?.kind ?? ''}, ${from?.chunk ?? 0})
      order by p.batch, p.node_id, p.kind, p.chunk limit ${most.rows}
    ) w
    where w.ahead < ${most.bytes} order by w.batch, w.node_id, w.kind, w.chunk`.execute(tx)
  return rows
}
