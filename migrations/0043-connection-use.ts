import { type Kysely, sql } from 'kysely'

// The last day (UTC) on which a flow or a person reached the other system over it: what nobody uses should not stay open.
export async function up(db: Kysely<never>): Promise<void> {
  await sql`alter table connections add column used_on date`.execute(db)
}
