import { type Kysely, sql } from 'kysely'

// Addresses and networks from which a token is taken; null: from everywhere.
export async function up(db: Kysely<never>): Promise<void> {
  await sql`alter table api_tokens add column addresses text[] check (cardinality(addresses) > 0)`.execute(db)
}
