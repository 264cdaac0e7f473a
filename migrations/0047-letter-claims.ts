import { type Kysely, sql } from 'kysely'

// Whether somebody may sign in and still wants the letter is known across workspaces: who claims one looks there at the
// same moment.
export async function up(db: Kysely<never>): Promise<void> {
  await sql`grant insert on weekly_letters to tieline_system`.execute(db)
  await sql`create policy claims on weekly_letters for insert to tieline_system with check (true)`.execute(db)
}
