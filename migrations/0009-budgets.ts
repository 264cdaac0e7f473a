import { type Kysely, sql } from 'kysely'

// What other systems count by organisation or credential is counted here under a keyed hash of who that is, for all
// processes and workspaces together. No tenant data, hence no workspace and no policies: a process that carries out a
// run writes how many calls it made, and learns how many it may make.
// Written up to a few times a second per remote: half-empty pages keep such updates away from the index.
export async function up(db: Kysely<never>): Promise<void> {
  await sql`
    create table budgets (
      key bytea primary key,
      book jsonb,
      used_at timestamptz not null default now()
    ) with (fillfactor = 50)`.execute(db)
  await sql`grant select, insert, update, delete on budgets to tieline_app`.execute(db)
}
