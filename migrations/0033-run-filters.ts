import { type Kysely, sql } from 'kysely'

// The list of runs is narrowed by how long a run took, by its error, its version and who asked for it. An index each, of
// rows that have it: a run is put into the one over its time and the one over its error only as it ends. The primary
// key, read backwards, does what `runs_recent` did, so that a new run has as many indexes to enter as before.
export async function up(db: Kysely<never>): Promise<void> {
  await sql`create index runs_took on runs (workspace_id, (ended_at - started_at)) where ended_at is not null`.execute(
    db,
  )
  await sql`create index runs_code on runs (workspace_id, code, id desc) where code is not null`.execute(db)
  await sql`create index runs_asked_by on runs (workspace_id, requested_by, id desc)
    where requested_by is not null`.execute(db)
  await sql`create index runs_version on runs (workspace_id, flow_id, version, id desc)`.execute(db)
  await sql`drop index runs_recent`.execute(db)
  // Without it the planner knows nothing of how long runs take.
  await sql`analyze runs`.execute(db)
}
