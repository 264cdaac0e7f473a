import { type Kysely, sql } from 'kysely'

// How often the database's clock was set, as processes noticed that their own, which only goes on, says otherwise. What
// depends on how long ago something was sent takes it into account. It has as many rows as the clock was set.
export async function up(db: Kysely<never>): Promise<void> {
  await sql
    .raw(`
    create table clock_jumps (
      id bigint generated always as identity primary key,
      jumped_from timestamptz not null, -- what the clock would have said if nobody had set it
      jumped_to timestamptz not null
    )`)
    .execute(db)
  await sql`grant select, insert on clock_jumps to tieline_system`.execute(db)
  await sql`grant select on clock_jumps to tieline_app`.execute(db)
}
