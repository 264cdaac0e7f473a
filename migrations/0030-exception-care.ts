import { type Kysely, sql } from 'kysely'

// Who has an exception in hand, until when it is put aside, and what people said and did about it. Only ever added to.
export async function up(db: Kysely<never>): Promise<void> {
  await sql`alter table exceptions add column assigned_to uuid, add column snoozed_until timestamptz`.execute(db)
  await sql`create index exceptions_assigned on exceptions (workspace_id, assigned_to, id desc)
    where assigned_to is not null and state in ('open', 'retrying')`.execute(db)
  await sql`create table exception_notes (
    workspace_id uuid not null,
    exception_id uuid not null,
    id uuid not null,
    kind text not null check (kind in ('comment', 'assign', 'snooze')),
    words text check (length(words) <= 2000),
    assigned_to uuid,
    until timestamptz,
    made_by uuid not null,
    made_at timestamptz not null default now(),
    primary key (workspace_id, exception_id, id),
    foreign key (workspace_id, exception_id) references exceptions (workspace_id, id) on delete cascade
  )`.execute(db)
  await sql`grant select, insert, update on exception_notes to tieline_app`.execute(db)
  const own = `workspace_id = nullif(current_setting('tieline.workspace', true), '')::uuid`
  await sql`alter table exception_notes enable row level security`.execute(db)
  await sql`alter table exception_notes force row level security`.execute(db)
  await sql.raw(`create policy tenant on exception_notes to tieline_app using (${own}) with check (${own})`).execute(db)
  await sql`create policy maintenance on exception_notes to current_user using (true) with check (true)`.execute(db)
}
