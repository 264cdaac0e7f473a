import { type Kysely, sql } from 'kysely'

// Housekeeping keeps the content of a file for as long as a flow has not come past it: it looks at the cursors of all.
export async function up(db: Kysely<never>): Promise<void> {
  await sql`grant select on cursors to tieline_system`.execute(db)
  await sql`create policy system on cursors to tieline_system using (true) with check (true)`.execute(db)
}
