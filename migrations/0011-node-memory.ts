import { type Kysely, sql } from 'kysely'

// What nodes remember from run to run, per flow and node. key: a keyed hash of the record's key, which may be an address.
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of TABLES) await sql.raw(statement).execute(db)
  for (const table of ['seen_contents']) {
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
  // hash: of the content that last went through a “changed only”.
  `create table seen_contents (
    workspace_id uuid not null,
    flow_id uuid not null,
    node_id text not null,
    key bytea not null,
    hash bytea not null,
    run_id uuid not null,
    seen_at timestamptz not null default now(),
    primary key (workspace_id, flow_id, node_id, key),
    foreign key (workspace_id, flow_id) references flows (workspace_id, id) on delete cascade
  )`,
]
