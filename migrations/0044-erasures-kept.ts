import { type Kysely, sql } from 'kysely'

// Of whom something was blanked, as keyed hashes: enough to do it again in a backup from before, too little to say who.
// Null: ordered before such hashes were kept.
export async function up(db: Kysely<never>): Promise<void> {
  await sql`alter table erasures add column hashes bigint[]`.execute(db)
  // Housekeeping writes both down outside the database (server/store/erasure/erasure-record.ts).
  for (const [table, columns] of [
    ['erasures', 'workspace_id, id, at, ordered_by, hashes'],
    ['suppressions', 'workspace_id, id, hash, added_at, added_by, run_id, lifted_at'],
  ]) {
    await sql.raw(`grant select (${columns}) on ${table} to tieline_system`).execute(db)
    await sql.raw(`create policy system on ${table} for select to tieline_system using (true)`).execute(db)
  }
}
