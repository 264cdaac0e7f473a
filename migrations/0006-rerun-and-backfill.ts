import { type Kysely, sql } from 'kysely'

// A run can be carried out again as it began: run_reads keeps where each read stood then. A back-fill is a window of days
// cut into runs, which refer to it. What runs gather for joins and summaries is removed once they have ended.
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const OWN = `workspace_id = nullif(current_setting('tieline.workspace', true), '')::uuid`

const STATEMENTS = [
  // began_connection set: the read took part, and stood at began_cursor; null there means at the very beginning.
  `alter table run_reads
    add column began_connection uuid,
    add column began_cursor jsonb,
    add column began_seen bytea`,
  `create index runs_rerun_of on runs (workspace_id, rerun_of) where rerun_of is not null`,
  // reads: node, name and date field of each read that takes part, as they were when it was asked for.
  `create table backfills (
    workspace_id uuid not null,
    id uuid not null,
    flow_id uuid not null,
    version int not null,
    from_day date not null,
    to_day date not null check (to_day > from_day),
    quiet boolean not null,
    reads jsonb not null,
    requested_by uuid,
    created_at timestamptz not null default now(),
    primary key (workspace_id, id),
    foreign key (workspace_id, flow_id) references flows (workspace_id, id) on delete cascade
  )`,
  `create index backfills_flow on backfills (workspace_id, flow_id, id desc)`,
  `alter table backfills enable row level security`,
  `alter table backfills force row level security`,
  `create policy tenant on backfills to tieline_app using (${OWN}) with check (${OWN})`,
  `create policy maintenance on backfills to current_user using (true) with check (true)`,
  `grant select, insert, update, delete on backfills to tieline_app`,
  // Housekeeping goes across workspaces.
  ...['run_sets', 'run_folds'].flatMap((table) => [
    `grant select, delete on ${table} to tieline_system`,
    `create policy system on ${table} to tieline_system using (true) with check (true)`,
  ]),
]
