import { sql, type Transaction } from 'kysely'
import type { TracePlace } from '../database/partitions.ts'
import type { Database } from '../database/schema.ts'

export type BatchRow = {
  readonly batch: number
  readonly started_at: Date
  readonly waiting_ms: number
  readonly working_ms: number
  readonly retries: number
  readonly failed: boolean
  readonly node_id: string
}

export type BatchesAsked = {
  /** Only batches behind this one. */
  readonly after?: number | undefined
  readonly limit: number
  readonly troubled: boolean
  readonly longestFirst: boolean
}

/**
 * Batches of a run, all steps of each together. In order of batches it reads no further than the page goes; to find the
 * longest it has to add up all of them.
 */
export async function listBatches(
  tx: Transaction<Database>,
  workspace: string,
  place: TracePlace,
  { after = -1, limit, troubled, longestFirst }: BatchesAsked,
): Promise<readonly BatchRow[]> {
  const { rows } = await sql<BatchRow>`
    select batch, min(started_at) as started_at, sum(waiting_ms)::int as waiting_ms, sum(working_ms)::int as working_ms,
      sum(greatest(attempts - 1, 0))::int as retries, bool_or(error is not null) as failed,
      (array_agg(node_id order by (error is not null) desc, waiting_ms + working_ms desc, position))[1] as node_id
    from steps where workspace_id = ${workspace} and run_id = ${place.run} and batch > ${after}
      and day = ${place.day} and trace_class = ${place.traceClass}
    group by batch
    ${troubled ? sql`having bool_or(error is not null) or max(attempts) > 1` : sql``}
    order by ${longestFirst ? sql`sum(waiting_ms) + sum(working_ms) desc, batch` : sql`batch`} limit ${limit}
  `.execute(tx)
  return rows
}
