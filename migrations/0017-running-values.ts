import { type Kysely, sql } from 'kysely'

// Values that a flow keeps per key over all its runs, and what each contribution gave to them, so that it counts once.
// key, contribution: keyed hashes. seq: in which order the contributions of a key first came.
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of TABLES) await sql.raw(statement).execute(db)
  for (const table of ['running_states', 'running_contributions']) {
    await sql.raw(`grant select, insert, update, delete on ${table} to tieline_app`).execute(db)
    await protect(db, table)
  }
}

async function protect(db: Kysely<never>, table: string): Promise<void> {
  const own = `workspace_id = nullif(current_setting('tieline.workspace', true), '')::uuid`
  await sql.raw(`alter table ${table} enable row level security`).execute(db)
  await sql.raw(`alter table ${table} force row level security`).execute(db)
  await sql.raw(`create policy tenant on ${table} to tieline_app using (${own}) with check (${own})`).execute(db)
  await sql.raw(`create policy maintenance on ${table} to current_user using (true) with check (true)`).execute(db)
}

const TABLES = [
  `create table running_states (
    workspace_id uuid not null,
    flow_id uuid not null,
    node_id text not null,
    key bytea not null,
    state jsonb not null,
    run_id uuid not null,
    seen_at timestamptz not null default now(),
    primary key (workspace_id, flow_id, node_id, key),
    foreign key (workspace_id, flow_id) references flows (workspace_id, id) on delete cascade
  )`,
  `create table running_contributions (
    workspace_id uuid not null,
    flow_id uuid not null,
    node_id text not null,
    key bytea not null,
    contribution bytea not null,
    seq bigint not null,
    version text,
    taken_back boolean not null,
    cells jsonb not null,
    primary key (workspace_id, flow_id, node_id, contribution),
    foreign key (workspace_id, flow_id) references flows (workspace_id, id) on delete cascade
  )`,
  // To find the next largest when the largest is taken back.
  `create unique index running_contributions_key on running_contributions (workspace_id, flow_id, node_id, key, seq)`,
]
