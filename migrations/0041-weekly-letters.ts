import { type Kysely, sql } from 'kysely'

// Who has had the weekly letter of which week: the row is written before the letter leaves, so that of two processes one
// sends it, and none sends it again.
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const OWN = `workspace_id = nullif(current_setting('tieline.workspace', true), '')::uuid`

const STATEMENTS = [
  // week: its Monday, by the person's clock. sending: in hand, or of a process that died at it; not sent again.
  `create table weekly_letters (
    workspace_id uuid not null references workspaces (id) on delete cascade,
    user_id uuid not null references users (id) on delete cascade,
    week date not null,
    state text not null default 'sending' check (state in ('sending', 'sent', 'failed', 'unknown')),
    error text,
    made_at timestamptz not null default now(),
    primary key (workspace_id, user_id, week)
  )`,
  `grant select, insert, update, delete on weekly_letters to tieline_app`,
  `alter table weekly_letters enable row level security`,
  `alter table weekly_letters force row level security`,
  `create policy tenant on weekly_letters to tieline_app using (${OWN}) with check (${OWN})`,
  `create policy maintenance on weekly_letters to current_user using (true) with check (true)`,
  // Who has had theirs is asked across workspaces.
  `grant select on weekly_letters to tieline_system`,
  `create policy system on weekly_letters for select to tieline_system using (true)`,
]
