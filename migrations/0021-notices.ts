import { type Kysely, sql } from 'kysely'

// What flows tell people. key: a keyed hash; one notice of a key is open at a time, and counts what comes meanwhile.
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of TABLES) await sql.raw(statement).execute(db)
  await sql`grant select, insert, update, delete on notices to tieline_app`.execute(db)
  const own = `workspace_id = nullif(current_setting('tieline.workspace', true), '')::uuid`
  await sql`alter table notices enable row level security`.execute(db)
  await sql`alter table notices force row level security`.execute(db)
  await sql.raw(`create policy tenant on notices to tieline_app using (${own}) with check (${own})`).execute(db)
  await sql`create policy maintenance on notices to current_user using (true) with check (true)`.execute(db)
}

const TABLES = [
  `create table notices (
    workspace_id uuid not null,
    id uuid not null,
    flow_id uuid not null,
    node_id text not null,
    node_name text not null,
    key bytea not null,
    severity text not null check (severity in ('info', 'warning', 'critical')),
    desk text not null check (desk in ('finance', 'marketing', 'technical')),
    message text not null,
    run_id uuid not null,
    occurrences int not null,
    created_at timestamptz not null default now(),
    last_at timestamptz not null default now(),
    closed_at timestamptz,
    closed_by uuid,
    primary key (workspace_id, id),
    foreign key (workspace_id, flow_id) references flows (workspace_id, id) on delete cascade
  )`,
  `create unique index notices_open on notices (workspace_id, flow_id, node_id, key) where closed_at is null`,
]
