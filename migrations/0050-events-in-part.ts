import { type Kysely, sql } from 'kysely'

// How many records of an event a run had carried out when it gave the event back: the next run begins after them.
export async function up(db: Kysely<never>): Promise<void> {
  await sql`alter table inbox add column done int not null default 0`.execute(db)
}
