import { type Kysely, sql } from 'kysely'

// A run begins in more ways than at its trigger: from events of a hook, from exceptions that are tried again, from a step
// of an earlier run, from a window of dates, from single records. `start` says which.
// Lanes keep bulk work from holding up what people wait for; within a flow the lower priority number goes first.
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const LIVE = `('queued', 'running', 'waiting', 'paused')`

const STATEMENTS = [
  `alter table runs drop constraint runs_cause_check, drop constraint runs_state_check`,
  `alter table runs
    add constraint runs_cause_check
      check (cause in ('manual', 'schedule', 'hook', 'retry', 'rerun', 'backfill', 'resync')),
    add constraint runs_state_check
      check (state in ('queued', 'running', 'waiting', 'paused', 'succeeded', 'partly', 'failed', 'cancelled')),
    add column lane text not null default 'live' check (lane in ('live', 'bulk')),
    add column priority smallint not null default 0,
    add column start jsonb not null default '{"kind": "trigger"}',
    add column quiet boolean not null default false,
    add column pause_requested boolean not null default false,
    add column rerun_of uuid,
    add column backfill_id uuid`,
  `drop index runs_live`,
  `drop index runs_flow_live`,
  `create index runs_live on runs (created_at) where state in ${LIVE}`,
  `create index runs_flow_live on runs (workspace_id, flow_id, id) where state in ${LIVE}`,
]
