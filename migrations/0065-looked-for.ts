import { type Kysely, sql } from 'kysely'

// The claim that is looking for a call in the other system. While it holds its run, nobody may say that the call did not
// arrive: what it finds comes first.
export async function up(db: Kysely<never>): Promise<void> {
  await sql.raw(`alter table calls add column looked_for_by uuid, add column looked_for_epoch int`).execute(db)
}
