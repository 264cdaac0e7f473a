import { type Kysely, sql } from 'kysely'

// Fingerprints of the secret keys that a process opens with, the one it seals with first: while the key is replaced,
// every process that runs has to have both.
export async function up(db: Kysely<never>): Promise<void> {
  await sql`alter table workers add column keys text[] not null default '{}'`.execute(db)
}
