import { type Kysely, sql } from 'kysely'

// A way back for drafts that save themselves: what one person does without a longer pause is a session, kept as the
// draft stood at its end. It also says who had a part in what has not been published. And who is editing at the moment:
// the lease is a courtesy between people, the draft's revision is what keeps them from losing work.
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of TABLES) await sql.raw(statement).execute(db)
  for (const table of ['draft_sessions', 'draft_leases']) {
    await sql.raw(`alter table ${table} enable row level security`).execute(db)
    await sql.raw(`alter table ${table} force row level security`).execute(db)
    await sql.raw(`create policy tenant on ${table} to tieline_app using (${OWN}) with check (${OWN})`).execute(db)
    await sql.raw(`create policy maintenance on ${table} to current_user using (true) with check (true)`).execute(db)
    await sql.raw(`grant select, insert, update, delete on ${table} to tieline_app`).execute(db)
  }
}

const OWN = `workspace_id = nullif(current_setting('tieline.workspace', true), '')::uuid`

const TABLES = [
  // name: given by a person to a moment; such a session is kept for good and not written to any more.
  `create table draft_sessions (
    workspace_id uuid not null,
    flow_id uuid not null,
    number int not null check (number > 0),
    author_id uuid not null,
    author text not null,
    began_at timestamptz not null default now(),
    ended_at timestamptz not null default now(),
    first_revision int not null,
    last_revision int not null,
    document jsonb not null,
    name text,
    primary key (workspace_id, flow_id, number),
    foreign key (workspace_id, flow_id) references flows (workspace_id, id) on delete cascade
  )`,
  `create table draft_leases (
    workspace_id uuid not null,
    flow_id uuid not null,
    tab text not null,
    user_id uuid not null,
    name text not null,
    taken_at timestamptz not null default now(),
    seen_at timestamptz not null default now(),
    active_at timestamptz not null default now(),
    asked_by text,
    asked_tab text,
    asked_at timestamptz,
    primary key (workspace_id, flow_id),
    foreign key (workspace_id, flow_id) references flows (workspace_id, id) on delete cascade
  )`,
]
