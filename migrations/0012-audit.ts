import { type Kysely, sql } from 'kysely'

// The audit log: one chain of entries per workspace, and one of the installation itself (the workspace of all zeros). An
// entry holds the hash of the one before it. The product's logins may add entries and never change or delete one; a
// person's name and address stand beside what is hashed, behind a salted digest, so that they can be blanked.
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
  for (const table of ['audit_heads', 'audit_entries']) {
    const own = `workspace_id = nullif(current_setting('tieline.workspace', true), '')::uuid`
    await sql.raw(`alter table ${table} enable row level security`).execute(db)
    await sql.raw(`alter table ${table} force row level security`).execute(db)
    await sql.raw(`create policy tenant on ${table} to tieline_app using (${own}) with check (${own})`).execute(db)
    await sql.raw(`create policy system on ${table} to tieline_system using (true) with check (true)`).execute(db)
    await sql.raw(`create policy maintenance on ${table} to current_user using (true) with check (true)`).execute(db)
  }
}

const STATEMENTS = [
  `create table audit_heads (
    workspace_id uuid primary key,
    sequence bigint not null,
    hash bytea not null
  )`,
  `create table audit_entries (
    workspace_id uuid not null,
    sequence bigint not null,
    at timestamptz not null,
    actor_kind text not null check (actor_kind in ('person', 'token', 'system', 'nobody')),
    actor_id text,
    action text not null,
    subject jsonb not null,
    detail jsonb not null,
    request_id text,
    personal jsonb,
    personal_digest bytea not null,
    previous bytea not null,
    hash bytea not null,
    primary key (workspace_id, sequence)
  )`,
  `create index audit_entries_action on audit_entries (workspace_id, action, sequence desc)`,
  `create index audit_entries_actor on audit_entries (workspace_id, actor_id, sequence desc)`,
  `grant select, insert, update on audit_heads to tieline_app, tieline_system`,
  `grant select, insert on audit_entries to tieline_app, tieline_system`,
]
