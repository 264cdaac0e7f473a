import { type Kysely, sql } from 'kysely'

// What a workspace says of its flows outside their versions: answers to their forms, and when an order counts. Both are
// only ever added to, so that every run can name what it went by, and everybody can see who changed what. A flow made of
// a template knows which one, and the document as it was taken. A dry run reads and compares, and sends nothing.
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of TABLES) await sql.raw(statement).execute(db)
  for (const table of ['flow_answers', 'policies', 'flow_templates']) {
    await sql.raw(`alter table ${table} enable row level security`).execute(db)
    await sql.raw(`alter table ${table} force row level security`).execute(db)
    await sql.raw(`create policy tenant on ${table} to tieline_app using (${OWN}) with check (${OWN})`).execute(db)
    await sql.raw(`create policy maintenance on ${table} to current_user using (true) with check (true)`).execute(db)
  }
  await sql`grant select, insert on flow_answers, policies to tieline_app`.execute(db)
  await sql`grant select, insert, update on flow_templates to tieline_app`.execute(db)
}

const OWN = `workspace_id = nullif(current_setting('tieline.workspace', true), '')::uuid`

const TABLES = [
  `create table flow_answers (
    workspace_id uuid not null,
    flow_id uuid not null,
    revision int not null check (revision > 0),
    answers jsonb not null,
    author_id uuid not null,
    author text not null,
    at timestamptz not null default now(),
    primary key (workspace_id, flow_id, revision),
    foreign key (workspace_id, flow_id) references flows (workspace_id, id) on delete cascade
  )`,
  `create table policies (
    workspace_id uuid not null references workspaces (id) on delete cascade,
    version int not null check (version > 0),
    rule jsonb not null,
    reason text not null,
    author_id uuid not null,
    author text not null,
    at timestamptz not null default now(),
    primary key (workspace_id, version)
  )`,
  // document: of the template's version that was taken last, to see what was changed since by whom.
  `create table flow_templates (
    workspace_id uuid not null,
    flow_id uuid not null,
    template text not null,
    version int not null,
    document jsonb not null,
    taken_at timestamptz not null default now(),
    primary key (workspace_id, flow_id),
    foreign key (workspace_id, flow_id) references flows (workspace_id, id) on delete cascade
  )`,
  // said: revision and values of the answers, version of the policy; null for flows that ask for neither.
  `alter table runs add column dry boolean not null default false, add column said jsonb`,
]
