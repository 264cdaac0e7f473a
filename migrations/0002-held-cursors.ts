import { type Kysely, sql } from 'kysely'

// A read that feeds a summary or a join moves the flow's cursor when the run has ended, not batch by batch: until then
// what it gathered lives in the run alone. So the run keeps what the cursor's row would: connection and versions seen.
export async function up(db: Kysely<never>): Promise<void> {
  await sql`alter table run_reads add column connection_id uuid, add column seen bytea`.execute(db)
}
