import { type Kysely, sql } from 'kysely'

// A cause has a step, and somebody who looks after it. `fault` of a failed run now stands for its step too, and open
// exceptions have one: their code and the other system's own words (else ours), whatever ids, addresses and numbers stand
// in those. Runs that failed before have no step and keep the fault they had; exceptions that are closed have none.
// And since when each version of the product has been at work, so that a bad hour can be seen beside a new version.
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
  const own = `workspace_id = nullif(current_setting('tieline.workspace', true), '')::uuid`
  await sql`alter table fault_owners enable row level security`.execute(db)
  await sql`alter table fault_owners force row level security`.execute(db)
  await sql.raw(`create policy tenant on fault_owners to tieline_app using (${own}) with check (${own})`).execute(db)
  await sql`create policy maintenance on fault_owners to current_user using (true) with check (true)`.execute(db)
}

const STATEMENTS = [
  // The node at which the run failed; null: none, or it is not known.
  `alter table runs add column failed_node text`,
  `create or replace function tieline_mark_fault() returns trigger language plpgsql as $body$
   begin
     new.fault := case when new.state = 'failed' then
       tieline_fault(new.code || coalesce(' ' || new.failed_node, ''), new.reason) end;
     return new;
   end $body$`,
  `alter table exceptions add column fault text`,
  `create function tieline_mark_exception() returns trigger language plpgsql as $body$
   begin
     new.fault := tieline_fault(new.code, coalesce(new.remote, new.message));
     return new;
   end $body$`,
  `update exceptions set fault = tieline_fault(code, coalesce(remote, message)) where state in ('open', 'retrying')`,
  `create trigger mark_exception before insert or update of code, message, remote on exceptions
    for each row execute function tieline_mark_exception()`,
  `drop index exceptions_causes`,
  `create index exceptions_causes on exceptions (workspace_id, flow_id, node_id, code, desk, fault, currency)
    include (id, amount, created_at, last_at, snoozed_until, assigned_to) where state = 'open'`,
  // Who looks after failed runs of one cause. Exceptions say it themselves: each has its own.
  `create table fault_owners (
    workspace_id uuid not null,
    fault text not null check (fault ~ '^[0-9a-f]{16}$'),
    owner_id uuid not null,
    taken_by uuid not null,
    taken_at timestamptz not null default now(),
    primary key (workspace_id, fault)
  )`,
  `grant select, insert, update, delete on fault_owners to tieline_app`,
  // No tenant data, so no workspace.
  `create table product_versions (version text primary key, first_at timestamptz not null default now())`,
  `insert into product_versions (version, first_at) select version, min(started_at) from workers group by version`,
  `grant select, insert on product_versions to tieline_system`,
  `grant select on product_versions to tieline_app`,
]
