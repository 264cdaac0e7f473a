import { type Kysely, sql } from 'kysely'

// A connection that nothing has used for long is announced, then turned off. Nothing else of it changes: its secrets stay,
// so that one click turns it on again.
export async function up(db: Kysely<never>): Promise<void> {
  // When it was turned off: nothing is called over it. When that was announced; a use takes it back.
  // When somebody last said that it is needed: its days count from there.
  await sql`alter table connections add column off_since timestamptz, add column off_announced_at timestamptz,
    add column kept_at timestamptz`.execute(db)
}
