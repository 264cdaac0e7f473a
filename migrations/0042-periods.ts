import { type Kysely, sql } from 'kysely'

// Whether a month agrees: what the ledger of effects holds against what the source has, and who answered for it.
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
  const own = `workspace_id = nullif(current_setting('tieline.workspace', true), '')::uuid`
  for (const table of ['period_checks', 'period_sign_offs']) {
    await sql.raw(`alter table ${table} enable row level security`).execute(db)
    await sql.raw(`alter table ${table} force row level security`).execute(db)
    await sql.raw(`create policy tenant on ${table} to tieline_app using (${own}) with check (${own})`).execute(db)
    await sql.raw(`create policy maintenance on ${table} to current_user using (true) with check (true)`).execute(db)
  }
  await sql`create policy system on period_checks to tieline_system using (true) with check (true)`.execute(db)
}

const STATEMENTS = [
  // A dry run of the flow over the month's days. period: YYYY-MM. totals: written when the run has come to its end; their
  // shape is PeriodTotals in server/store/period/periods.ts. Sums are exact decimals as text.
  `create table period_checks (
    workspace_id uuid not null,
    run_id uuid not null,
    flow_id uuid not null,
    period text not null check (period ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'),
    totals jsonb,
    primary key (workspace_id, run_id),
    foreign key (workspace_id, run_id) references runs (workspace_id, id) on delete cascade
  )`,
  `create index period_checks_newest on period_checks (workspace_id, flow_id, period, run_id desc)`,
  `grant select, insert on period_checks to tieline_app`,
  `grant select, update on period_checks to tieline_system`,

  // Only ever added to. run_id: the check that was signed, which may be gone by now; totals and set_aside as they were then.
  `create table period_sign_offs (
    workspace_id uuid not null,
    id uuid not null,
    flow_id uuid not null,
    period text not null check (period ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'),
    run_id uuid not null,
    totals jsonb not null,
    set_aside int not null,
    note text check (length(note) <= 1000),
    signed_by uuid not null,
    signed_at timestamptz not null default now(),
    primary key (workspace_id, id),
    foreign key (workspace_id, flow_id) references flows (workspace_id, id) on delete cascade
  )`,
  `create index period_sign_offs_newest on period_sign_offs (workspace_id, flow_id, period, id desc)`,
  `grant select, insert on period_sign_offs to tieline_app`,
]
