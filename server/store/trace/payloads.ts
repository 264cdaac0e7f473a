import type { Transaction } from 'kysely'
import type { TracePlace } from '../database/partitions.ts'
import type { Database } from '../database/schema.ts'

type Tx = Transaction<Database>

export type PayloadPlace = TracePlace & {
  readonly node: string
  readonly batch: number
  readonly kind: string
}

/** What was kept of one payload, chunk by chunk, without its content. */
export async function listChunks(
  tx: Tx,
  workspace: string,
  place: PayloadPlace,
): Promise<{ chunk: number; records: number; total: number }[]> {
  return at(tx, workspace, place).select(['chunk', 'records', 'total']).orderBy('chunk').execute()
}

/** Content of one chunk: zstd of the JSON text of a list of records. */
export async function readChunk(
  tx: Tx,
  workspace: string,
  place: PayloadPlace,
  chunk: number,
): Promise<Buffer | undefined> {
  const row = await at(tx, workspace, place).select('content').where('chunk', '=', chunk).executeTakeFirst()
  return row?.content
}

const at = (tx: Tx, workspace: string, place: PayloadPlace) =>
  tx
    .selectFrom('payloads')
    .where('workspace_id', '=', workspace)
    .where('run_id', '=', place.run)
    .where('batch', '=', place.batch)
    .where('node_id', '=', place.node)
    .where('kind', '=', place.kind)
    .where('day', '=', place.day)
    .where('trace_class', '=', place.traceClass)
