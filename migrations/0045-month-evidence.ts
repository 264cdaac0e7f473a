import { type Kysely, sql } from 'kysely'

// What a check of a month found, document by document, so that whoever signs it keeps evidence, and what moves afterwards is
// seen. Signing can be taken back.
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
  const own = `workspace_id = nullif(current_setting('tieline.workspace', true), '')::uuid`
  for (const to of [`tenant on period_documents to tieline_app using (${own}) with check (${own})`, ...BOTH])
    await sql.raw(`create policy ${to}`).execute(db)
}

const BOTH = [
  'maintenance on period_documents to current_user using (true) with check (true)',
  'system on period_documents to tieline_system using (true) with check (true)',
  'system on period_sign_offs for select to tieline_system using (true)',
]

const STATEMENTS = [
  // A document has a row for each currency. currency: empty is the account's own. name: what people call it, may be empty.
  // Written once, when the check ends; those of a check that nobody signed go when a newer one has ended. It is no child of
  // period_checks: what was signed outlasts the run that found it.
  `create table period_documents (
    workspace_id uuid not null,
    flow_id uuid not null,
    run_id uuid not null,
    target_id int not null,
    document text not null,
    currency text not null,
    name text not null,
    source numeric not null,
    ledger numeric not null,
    state text not null check (state in ('agree', 'different', 'missing', 'extra')),
    primary key (workspace_id, flow_id, run_id, target_id, document, currency),
    foreign key (workspace_id, flow_id) references flows (workspace_id, id) on delete cascade
  )`,
  // The few that differ among the many that agree.
  `create index period_documents_off on period_documents (workspace_id, flow_id, run_id, target_id, document, currency)
    where state <> 'agree'`,
  `alter table period_documents enable row level security`,
  `alter table period_documents force row level security`,
  `grant select on period_documents to tieline_app`,
  `grant select, insert, delete on period_documents to tieline_system`,
  `grant select on period_sign_offs to tieline_system`,

  // evidence: SHA-256 over the documents, as docs/periods.md says. changed: how many of them are other than when the month
  // was last signed; null where it was not.
  `alter table period_checks add column evidence bytea, add column changed int`,
  // reopened: the month counts as signed no more; totals and evidence are those of the sign-off that it takes back, note
  // says why.
  `alter table period_sign_offs add column evidence bytea,
    add column kind text not null default 'signed' check (kind in ('signed', 'reopened'))`,
  `create index period_sign_offs_recent on period_sign_offs (workspace_id, id desc)`,
]
