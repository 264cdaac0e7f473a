import { sql, type Transaction } from 'kysely'
import type { Database } from '../database/schema.ts'

/** Where the reads of a flow stand. */
export async function listCursors(tx: Transaction<Database>, workspace: string, flow: string) {
  return tx
    .selectFrom('cursors')
    .select(['node_id as node', 'connection_id as connection', 'cursor'])
    .where('workspace_id', '=', workspace)
    .where('flow_id', '=', flow)
    .execute()
}

export async function databaseNow(tx: Transaction<Database>): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`select now() as now`.execute(tx)
  return rows[0]!.now
}
