import { type Kysely, sql } from 'kysely'

// Comparisons keep the records of both sides beside each other, with the amount that the control total adds up.
export async function up(db: Kysely<never>): Promise<void> {
  await sql`alter table run_sets add column input text not null default 'with', add column amount numeric`.execute(db)
}
