import { type Kysely, sql } from 'kysely'

// The last day on which a secret works, where a person knows it: a token of a shop, a password that has to be changed.
export async function up(db: Kysely<never>): Promise<void> {
  await sql`alter table connections add column valid_until date`.execute(db)
  // Whether another connection still uses a sign-in that is to be given back.
  await sql`grant select (state, login) on connections to tieline_system`.execute(db)
}
