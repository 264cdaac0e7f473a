import { type Kysely, sql } from 'kysely'

// What was blanked for people who asked to be forgotten: who ordered it, why and how much; never for whom.
export async function up(db: Kysely<never>): Promise<void> {
  await sql`create table erasures (
    workspace_id uuid not null,
    id uuid not null,
    reason text not null check (length(reason) <= 500),
    records int not null,
    exceptions int not null,
    events int not null,
    runs int not null,
    ordered_by uuid not null,
    at timestamptz not null default now(),
    primary key (workspace_id, id)
  )`.execute(db)
  await sql`grant select, insert on erasures to tieline_app`.execute(db)
  const own = `workspace_id = nullif(current_setting('tieline.workspace', true), '')::uuid`
  await sql`alter table erasures enable row level security`.execute(db)
  await sql`alter table erasures force row level security`.execute(db)
  await sql.raw(`create policy tenant on erasures to tieline_app using (${own}) with check (${own})`).execute(db)
  await sql`create policy maintenance on erasures to current_user using (true) with check (true)`.execute(db)
}
