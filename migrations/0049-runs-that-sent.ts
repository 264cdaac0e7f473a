import { type Kysely, sql } from 'kysely'

// Whether a flow sent something since a month was checked or signed is asked whenever somebody looks at the month. Of a flow
// that looks for changes every minute nearly all runs send nothing, and the question read every one of them. The mark is set
// once, with the first batch that sends, so the index changes then and when the run ends; runs that send nothing are not in
// it. An index over counts instead would be written anew with every batch.
export async function up(db: Kysely<never>): Promise<void> {
  await sql`alter table runs add column moved boolean not null default false`.execute(db)
  await sql`update runs set moved = true where counts ? 'sent' or counts ? 'reversed'`.execute(db)
  await sql`create index runs_moved on runs (workspace_id, flow_id, ended_at) where moved and not dry`.execute(db)
}
