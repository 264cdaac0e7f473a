import { type Kysely, sql } from 'kysely'

// Who was told by e-mail that a request for a second person waits, or how it ended: the row is written before the letter
// leaves, so that of two processes one sends it, and none sends it again.
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const OWN = `workspace_id = nullif(current_setting('tieline.workspace', true), '')::uuid`

const STATEMENTS = [
  // about: asked, to whoever may decide; decided, to whoever asked. sending: in hand, or of a process that died at it.
  `create table approval_letters (
    workspace_id uuid not null references workspaces (id) on delete cascade,
    approval_id uuid not null,
    user_id uuid not null references users (id) on delete cascade,
    about text not null check (about in ('asked', 'decided')),
    state text not null default 'sending' check (state in ('sending', 'sent', 'failed', 'unknown')),
    error text,
    made_at timestamptz not null default now(),
    primary key (workspace_id, approval_id, user_id, about),
    foreign key (workspace_id, approval_id) references approvals (workspace_id, id) on delete cascade
  )`,
  `grant select, insert, update, delete on approval_letters to tieline_app`,
  `alter table approval_letters enable row level security`,
  `alter table approval_letters force row level security`,
  `create policy tenant on approval_letters to tieline_app using (${OWN}) with check (${OWN})`,
  `create policy maintenance on approval_letters to current_user using (true) with check (true)`,

  // Whom there is anything to tell is asked across workspaces.
  `grant select on approvals, approval_letters to tieline_system`,
  `create policy system on approvals for select to tieline_system using (true)`,
  `create policy system on approval_letters for select to tieline_system using (true)`,
  `create index approvals_decided on approvals (decided_at) where decided_at is not null`,
]
