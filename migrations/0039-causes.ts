import { type Kysely, sql } from 'kysely'

// What failed runs have in common: `fault` stands for their code and the words of their reason, whatever ids, addresses
// and numbers stand in those, so that a thousand runs which failed for one reason are one line to look at. Set by the
// database, since runs fail by several hands (their worker, quarantine). Rows that did not fail have none, and no index
// holds them: a run that comes through pays nothing for this.
// And when each task of housekeeping last had its turn: without it nobody sees that traces are no longer dropped.
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `create function tieline_fault(code text, reason text) returns text language sql immutable as $body$
    select left(md5(coalesce(code, '') || ' ' || regexp_replace(coalesce(reason, ''),
      '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[^[:space:]“”"''<>]+@[^[:space:]“”"''<>]+|[0-9]+([.,:T-]+[0-9]+)*',
      '#', 'g')), 16) $body$`,
  `alter table runs add column fault text`,
  `create function tieline_mark_fault() returns trigger language plpgsql as $body$
   begin
     new.fault := case when new.state = 'failed' then tieline_fault(new.code, new.reason) end;
     return new;
   end $body$`,
  `update runs set fault = tieline_fault(code, reason) where state = 'failed'`,
  `create trigger mark_fault_of_new before insert on runs for each row when (new.state = 'failed')
    execute function tieline_mark_fault()`,
  `create trigger mark_fault before update of state, code, reason on runs for each row
    when (new.state = 'failed' or old.state = 'failed') execute function tieline_mark_fault()`,
  `create index runs_failed on runs (workspace_id, id desc) include (flow_id, fault, cause)
    where fault is not null and not dry`,
  `create index runs_fault on runs (workspace_id, fault, id desc) where fault is not null`,
  // Times by the database's clock. error: of the last turn; null: it went through. failing_since: of the turns since the
  // last good one the first. No tenant data, so no workspace.
  `create table housekeeping_turns (
    task text primary key,
    every_seconds int not null,
    began_at timestamptz not null,
    took_ms int not null,
    good_at timestamptz,
    error text,
    failing_since timestamptz
  )`,
  `grant select, insert, update, delete on housekeeping_turns to tieline_system`,
]
