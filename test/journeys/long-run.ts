import { zstdCompressSync } from 'node:zlib'
import { sql } from 'kysely'
import { newId } from '../../server/store/database/ids.ts'
import type { Place } from './place.ts'

export const BATCHES = 1_000
export const RECORDS = 100_000
/** In this one the last step failed as a whole; it is far beyond the first page of batches. */
export const FAILED_BATCH = 613

/** A run of 1,000 batches of 100 records each, as a worker would have left it, of a flow that has run before. */
export async function insertLongRun({ database, fleet }: Place, flow: string): Promise<string> {
  const { db } = database.owner
  const run = newId()
  await sql`
    insert into runs (workspace_id, id, flow_id, version, cause, cause_node, state, code, reason, day, batches, counts,
      started_at, ended_at)
    select workspace_id, ${run}, flow_id, version, cause, cause_node, 'failed', 'REMOTE_DOWN', 'Xero did not answer.', day,
      ${BATCHES}, ${JSON.stringify({ read: RECORDS, calls: 2_000 })}, now() - interval '20 minutes', now()
    from runs where workspace_id = ${fleet.workspace} and flow_id = ${flow} order by created_at limit 1
  `.execute(db)
  await sql`
    insert into steps (workspace_id, run_id, batch, node_id, day, position, epoch, operation, started_at, waiting_ms,
      working_ms, calls, attempts, counts, error)
    select workspace_id, id, batch, node, day, position, 1, operation, started_at + batch * interval '1 second',
      case when batch % 7 = 0 then 400 else 0 end, 300 + (batch * 37) % 500, 1,
      case when batch % 100 = 50 and position = 3 then 3 else 1 end, '{"in": 100, "out": 100}',
      case when batch = ${FAILED_BATCH} and position = 3
        then '{"code": "REMOTE_DOWN", "message": "Xero did not answer."}'::jsonb end
    from runs, generate_series(0, ${BATCHES - 1}::int) batch,
      (values ('books', 1, 'xero.get-organisation'), ('orders', 2, 'map'), ('book', 3, 'xero.create-invoices'))
        as steps (node, position, operation)
    where id = ${run}
  `.execute(db)
  const records = Array.from({ length: 100 }, (_, at) => ({ InvoiceNumber: `INV-${FAILED_BATCH}-${at}`, Total: at }))
  const content = zstdCompressSync(JSON.stringify(records))
  await sql`
    insert into payloads (workspace_id, run_id, batch, node_id, kind, chunk, day, records, total, bytes, content)
    select workspace_id, id, ${FAILED_BATCH}, 'orders', 'out:out', 0, day, 100, 100, ${content.length}, ${content}
    from runs where id = ${run}
  `.execute(db)
  return run
}
