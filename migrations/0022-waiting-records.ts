import { type Kysely, sql } from 'kysely'

// Records that wait for a time, kept in the transaction that settles the batch they came with. A run takes those that are
// due (run_id) and each of its batches deletes its own as it settles.
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
  const own = `workspace_id = nullif(current_setting('tieline.workspace', true), '')::uuid`
  await sql`alter table waiting_records enable row level security`.execute(db)
  await sql`alter table waiting_records force row level security`.execute(db)
  await sql.raw(`create policy tenant on waiting_records to tieline_app using (${own}) with check (${own})`).execute(db)
  await sql`create policy maintenance on waiting_records to current_user using (true) with check (true)`.execute(db)
  // Whoever looks for what is due looks across workspaces: it sees when and where, never the content.
  await sql`create policy system on waiting_records to tieline_system using (true) with check (true)`.execute(db)
  await sql`grant select, insert, update, delete on waiting_records to tieline_app`.execute(db)
  await sql
    .raw(
      `grant select (workspace_id, flow_id, id, node_id, version, quiet, due_at, look_at, returned, run_id),
        update (run_id, look_at, returned) on waiting_records to tieline_system`,
    )
    .execute(db)
  // Whether the live version still has the node at which a record waits.
  await sql`grant select (workspace_id, flow_id, number, document) on flow_versions to tieline_system`.execute(db)
  await sql`create policy waiting on flow_versions for select to tieline_system using (true)`.execute(db)
}

const STATEMENTS = [
  // version, quiet, kept_by: of the run that left it here. due_at: what the node said. look_at: not before then is it
  // given to a run; later than due_at once a run gave it back (returned: how often). content: sealed. bytes: of the JSON.
  `create table waiting_records (
    workspace_id uuid not null,
    flow_id uuid not null,
    id uuid not null,
    node_id text not null,
    version int not null,
    quiet boolean not null,
    kept_by uuid not null,
    came_at timestamptz not null,
    due_at timestamptz not null,
    look_at timestamptz not null,
    returned int not null default 0,
    run_id uuid,
    bytes int not null,
    content bytea not null,
    primary key (workspace_id, flow_id, id),
    foreign key (workspace_id, flow_id) references flows (workspace_id, id) on delete cascade
  ) with (autovacuum_vacuum_scale_factor = 0.05)`,
  `alter table waiting_records alter column content set storage external`,
  `create index waiting_records_due on waiting_records (workspace_id, flow_id, look_at, id) where run_id is null`,
  `create index waiting_records_run on waiting_records (workspace_id, run_id, look_at, id) where run_id is not null`,
  `alter table runs drop constraint runs_cause_check`,
  `alter table runs add constraint runs_cause_check
    check (cause in ('manual', 'schedule', 'hook', 'retry', 'rerun', 'backfill', 'resync', 'waited'))`,
  // One run of a flow at a time lets out what waited: it takes page after page as long as there is any.
  `create unique index runs_waited_open on runs (workspace_id, flow_id)
    where cause = 'waited' and state in ('queued', 'running', 'waiting', 'paused')`,
]
