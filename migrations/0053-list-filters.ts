import { type Kysely, sql } from 'kysely'

// Whatever lists of runs and exceptions are narrowed by stands in the index in whose order they are shown: two filters
// together, and one that nothing fits, are answered by reading an index through instead of the rows (1,200,000 runs in a
// third of a second on a busy machine). What of these columns changes at all changes with the state, which was in an index
// before: the updates that write indexes anew are the same ones, none of them per batch.
// How long a run took is a column of its own: under row-level security the database does not compare the difference of two
// times by an index, since taking it could fail and so tell of rows of others, and `runs_took` was never used.
// `runs_flow` and `runs_version` are parts of what takes their place.
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const FILTERS = `version, lane, state, cause, dry, backfill_id, code, fault, requested_by, created_at, started_at, ended_at, took_ms`

const STATEMENTS = [
  `drop index runs_took`,
  `drop index runs_version`,
  `drop index runs_flow`,
  // Null: it has not ended, or never began.
  `alter table runs add column took_ms bigint
    generated always as (floor(extract(epoch from ended_at - started_at) * 1000)::bigint) stored`,
  `create index runs_took on runs (workspace_id, took_ms) where took_ms is not null`,
  `create index runs_dry on runs (workspace_id, id desc) where dry`,
  `create index runs_listed on runs (workspace_id, id desc) include (flow_id, ${FILTERS})`,
  `create index runs_of_flow on runs (workspace_id, flow_id, id desc) include (${FILTERS})`,
  // With the code: which of the events a run had went back to their hook.
  `drop index runs_failed`,
  `create index runs_failed on runs (workspace_id, id desc) include (flow_id, fault, cause, code)
    where fault is not null and not dry`,
  `create index exceptions_listed on exceptions (workspace_id, id desc) include (state, desk, flow_id, run_id, code, node_id,
    fault, assigned_to, snoozed_until, created_at)`,
]
