import { type Kysely, sql } from 'kysely'

// An exception stands for a record and a cause, however many runs meet it: `identity` and `ordinal` find it again
// while it is open. It can be tried again, with another record where somebody edited it (all edits are
// kept), and resolves by itself when a later record of the same `match_key` goes through.
// Firings are kept of due times that started no run, too, with the reason.
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const OWN = `workspace_id = nullif(current_setting('tieline.workspace', true), '')::uuid`

const STATEMENTS = [
  `alter table exceptions
    add column identity text,
    add column ordinal int not null default 0,
    add column match_key text,
    add column occurrences int not null default 1,
    add column last_at timestamptz not null default now(),
    add column record_at timestamptz not null default now(),
    add column retry_run uuid,
    add column retried_by uuid,
    add column edit_id uuid,
    add column held_behind uuid`,
  `update exceptions set last_at = created_at, record_at = created_at`,
  `create unique index exceptions_identity on exceptions (workspace_id, flow_id, node_id, identity, ordinal)
    where state in ('open', 'retrying') and identity is not null`,
  `drop index exceptions_key`,
  `create index exceptions_match on exceptions (workspace_id, flow_id, node_id, match_key)
    where state in ('open', 'retrying') and match_key is not null`,
  `create index exceptions_retrying on exceptions (workspace_id, retry_run, id) where state = 'retrying'`,
  `create index exceptions_business_key on exceptions (workspace_id, business_key, id desc)`,
  // record: zstd, sealed for the place exception_edits/<workspace>/<exception>/<id>.
  `create table exception_edits (
    workspace_id uuid not null,
    exception_id uuid not null,
    id uuid not null,
    record bytea not null,
    edited_by uuid not null,
    edited_at timestamptz not null default now(),
    primary key (workspace_id, exception_id, id),
    foreign key (workspace_id, exception_id) references exceptions (workspace_id, id) on delete cascade
  )`,
  `alter table exception_edits enable row level security`,
  `alter table exception_edits force row level security`,
  `create policy tenant on exception_edits to tieline_app using (${OWN}) with check (${OWN})`,
  `create policy maintenance on exception_edits to current_user using (true) with check (true)`,
  `grant select, insert, update, delete on exception_edits to tieline_app`,

  // A run ends in many ways and by several hands (its worker, a cancellation, quarantine): whatever it did not get to is
  // open again, in the same transaction, and nothing stays “retrying” without a run.
  `create function tieline_reopen_exceptions() returns trigger
   language plpgsql security definer set search_path = public, pg_temp as $body$
   begin
     update exceptions set state = 'open'
     where workspace_id = new.workspace_id and retry_run = new.id and state = 'retrying';
     return null;
   end $body$`,
  `create trigger reopen_exceptions after update of state on runs for each row
    when (new.state in ('succeeded', 'partly', 'failed', 'cancelled') and new.state is distinct from old.state
      and new.start ->> 'kind' = 'exceptions')
    execute function tieline_reopen_exceptions()`,

  // outcome: started (run_id is set), or why the due time passed without a run of its own.
  `alter table firings
    alter column run_id drop not null,
    add column outcome text not null default 'started'
      check (outcome in ('started', 'off', 'paused', 'overlap', 'missed', 'too-many')),
    add column fired_at timestamptz not null default now()`,
  `alter table schedules add column note text`,
  `grant update on firings to tieline_system`,
]
