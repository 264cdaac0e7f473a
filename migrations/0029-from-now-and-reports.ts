import { type Kysely, sql } from 'kysely'

// cursors.run_id: null where a person set the read past what there was. reports: what people told the team of a flow.
export async function up(db: Kysely<never>): Promise<void> {
  await sql`alter table cursors alter column run_id drop not null`.execute(db)
  for (const statement of TABLES) await sql.raw(statement).execute(db)
  await sql`grant select, insert, update, delete on reports to tieline_app`.execute(db)
  await sql`grant select on reports to tieline_system`.execute(db)
  const own = `workspace_id = nullif(current_setting('tieline.workspace', true), '')::uuid`
  await sql`alter table reports enable row level security`.execute(db)
  await sql`alter table reports force row level security`.execute(db)
  await sql.raw(`create policy tenant on reports to tieline_app using (${own}) with check (${own})`).execute(db)
  await sql`create policy system on reports to tieline_system using (true) with check (true)`.execute(db)
  await sql`create policy maintenance on reports to current_user using (true) with check (true)`.execute(db)
}

const TABLES = [
  `create table reports (
    workspace_id uuid not null,
    id uuid not null,
    flow_id uuid not null,
    words text not null check (length(words) <= 2000),
    from_at timestamptz not null,
    to_at timestamptz not null,
    run_ids uuid[] not null,
    reported_by uuid not null,
    created_at timestamptz not null default now(),
    answer text check (length(answer) <= 2000),
    answered_by uuid,
    answered_at timestamptz,
    closed_at timestamptz,
    primary key (workspace_id, id),
    foreign key (workspace_id, flow_id) references flows (workspace_id, id) on delete cascade
  )`,
  `create index reports_open on reports (workspace_id, flow_id) where closed_at is null`,
]
