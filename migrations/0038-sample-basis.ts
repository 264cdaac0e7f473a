import { type Kysely, sql } from 'kysely'

// A sample says how the flow was when it was taken: the steps that lead to its step, and the step itself. Null: it was
// taken before that was kept.
export async function up(db: Kysely<never>): Promise<void> {
  await sql`alter table samples add column basis jsonb`.execute(db)
}
