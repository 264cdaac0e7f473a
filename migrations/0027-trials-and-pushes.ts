import { type Kysely, sql } from 'kysely'

// What is tried before it is published, and one flow for many clients. A document that is tried is a version with a
// number below 0: what runs is kept and never changes, whether it was published or not. Records given to a test, or
// pinned to a step, are samples. A push brings a version of a flow to a flow in another workspace that was made of it;
// each workspace keeps its own account of that, and sees no other's.
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
  for (const table of ['samples', 'flow_pushes', 'client_pushes']) {
    await sql.raw(`alter table ${table} enable row level security`).execute(db)
    await sql.raw(`alter table ${table} force row level security`).execute(db)
    await sql.raw(`create policy tenant on ${table} to tieline_app using (${OWN}) with check (${OWN})`).execute(db)
    await sql.raw(`create policy maintenance on ${table} to current_user using (true) with check (true)`).execute(db)
  }
}

const OWN = `workspace_id = nullif(current_setting('tieline.workspace', true), '')::uuid`

const STATEMENTS = [
  `alter table flow_versions add constraint flow_versions_number check (number <> 0)`,

  // content: sealed; records by input. kind: of the last test, or pinned by a person; one of each per step.
  `create table samples (
    workspace_id uuid not null,
    id uuid not null,
    flow_id uuid not null,
    node_id text not null,
    kind text not null check (kind in ('test', 'pinned')),
    records int not null,
    content bytea not null,
    run_id uuid,
    author text not null,
    at timestamptz not null default now(),
    primary key (workspace_id, id),
    unique (workspace_id, flow_id, node_id, kind),
    foreign key (workspace_id, flow_id) references flows (workspace_id, id) on delete cascade
  )`,
  `grant select, insert, update, delete on samples to tieline_app`,

  // In the client's workspace: the version that a push made, and what stood there before it.
  // source, version: as in flow_templates. before_*: what was live, and what had been taken.
  `create table flow_pushes (
    workspace_id uuid not null,
    flow_id uuid not null,
    number int not null,
    source text not null,
    source_name text not null,
    version int not null,
    before_number int not null,
    before_version int not null,
    before_document jsonb not null,
    author_id uuid not null,
    author text not null,
    at timestamptz not null default now(),
    rolled_back_at timestamptz,
    primary key (workspace_id, flow_id, number),
    foreign key (workspace_id, flow_id) references flows (workspace_id, id) on delete cascade
  )`,
  `grant select, insert, update on flow_pushes to tieline_app`,

  // In the workspace of the flow that is pushed: who pushed what, and what became of it at each client.
  `create table client_pushes (
    workspace_id uuid not null,
    flow_id uuid not null,
    id uuid not null,
    kind text not null check (kind in ('add', 'push', 'roll-back')),
    version int,
    author_id uuid not null,
    author text not null,
    at timestamptz not null default now(),
    results jsonb not null,
    primary key (workspace_id, flow_id, id),
    foreign key (workspace_id, flow_id) references flows (workspace_id, id) on delete cascade
  )`,
  `grant select, insert on client_pushes to tieline_app`,

  // Whoever looks for clients looks across workspaces: it sees which flow, made of what, and no content.
  `create policy clients on flow_templates for select to tieline_system using (true)`,
  `grant select (workspace_id, flow_id, template, version) on flow_templates to tieline_system`,
  `create index flow_templates_source on flow_templates (template)`,

  `alter table flows add column tags text[] not null default '{}'`,

  // Tried documents and their runs leave after a while.
  `create policy trials on flow_versions for delete to tieline_system using (number < 0)`,
  `grant delete on flow_versions to tieline_system`,
  `grant select (created_at) on flow_versions to tieline_system`,
]
