import { type Kysely, sql } from 'kysely'

// Flows that are off and turn on by themselves at a time. What became of it stays until somebody switches the flow.
// refused: why it stayed off. A notice may come of the flow itself, not of a step in a run.
export async function up(db: Kysely<never>): Promise<void> {
  await sql
    .raw(`create table turn_ons (
      workspace_id uuid not null,
      flow_id uuid not null,
      at timestamptz not null,
      backlog text not null check (backlog in ('missed-too', 'from-now')),
      set_by uuid not null,
      set_at timestamptz not null default now(),
      settled_at timestamptz,
      refused text check (refused is null or settled_at is not null),
      primary key (workspace_id, flow_id),
      foreign key (workspace_id, flow_id) references flows (workspace_id, id) on delete cascade
    )`)
    .execute(db)
  const own = `workspace_id = nullif(current_setting('tieline.workspace', true), '')::uuid`
  await sql`grant select, insert, update, delete on turn_ons to tieline_app`.execute(db)
  await sql`alter table turn_ons enable row level security`.execute(db)
  await sql`alter table turn_ons force row level security`.execute(db)
  await sql.raw(`create policy tenant on turn_ons to tieline_app using (${own}) with check (${own})`).execute(db)
  await sql`create policy maintenance on turn_ons to current_user using (true) with check (true)`.execute(db)
  // Which are due.
  await sql`grant select (workspace_id, flow_id, at, backlog, settled_at) on turn_ons to tieline_system`.execute(db)
  await sql`create policy system on turn_ons for select to tieline_system using (true)`.execute(db)
  await sql`alter table notices alter column run_id drop not null`.execute(db)
}
