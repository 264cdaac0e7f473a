import { type Kysely, sql } from 'kysely'

// Open exceptions are added up by cause and by who has them in hand in one pass: in the order of this index nothing has to
// be hashed or sorted.
export async function up(db: Kysely<never>): Promise<void> {
  await sql`drop index exceptions_causes`.execute(db)
  await sql`
    create index exceptions_causes on exceptions (workspace_id, flow_id, node_id, code, desk, fault, currency, assigned_to)
      include (id, amount, created_at, last_at, snoozed_until) where state = 'open'`.execute(db)
}
