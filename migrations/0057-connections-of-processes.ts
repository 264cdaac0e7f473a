import { type Kysely, sql } from 'kysely'

// Each process says how many connections to the database it keeps at most, and how many it would: whoever comes next
// counts with those, not only with what is open at that moment. One that starts is there too, so that others make room.
export async function up(db: Kysely<never>): Promise<void> {
  await sql`
    alter table workers drop constraint workers_state_check,
      add constraint workers_state_check check (state in ('starting', 'working', 'idle', 'stopping', 'outdated'))
  `.execute(db)
  await sql`
    alter table workers add column connections int not null default 0, add column connections_wanted int not null default 0
  `.execute(db)
}
