import { type Kysely, sql } from 'kysely'

// Files of a workspace: what people uploaded, what reads fetched to go through at leisure, what flows made.
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
  for (const table of ['files', 'file_pieces']) {
    const own = `workspace_id = nullif(current_setting('tieline.workspace', true), '')::uuid`
    await sql.raw(`alter table ${table} enable row level security`).execute(db)
    await sql.raw(`alter table ${table} force row level security`).execute(db)
    await sql.raw(`create policy tenant on ${table} to tieline_app using (${own}) with check (${own})`).execute(db)
    await sql.raw(`create policy system on ${table} to tieline_system using (true) with check (true)`).execute(db)
    await sql.raw(`create policy maintenance on ${table} to current_user using (true) with check (true)`).execute(db)
    await sql.raw(`grant select, insert, update, delete on ${table} to tieline_app, tieline_system`).execute(db)
  }
}

const STATEMENTS = [
  // folder: 'uploads', 'made', or the connection it was fetched over. sequence: the order in which files of a folder were
  // complete; null while one is on its way. hash: of the content; stays when the content is gone, to know it again.
  `create table files (
    workspace_id uuid not null,
    id uuid not null,
    folder text not null,
    name text not null,
    stamp text not null,
    bytes bigint not null default 0,
    hash bytea,
    sequence bigint,
    gone boolean not null default false,
    created_by uuid,
    created_at timestamptz not null default now(),
    primary key (workspace_id, id),
    foreign key (workspace_id) references workspaces (id) on delete cascade
  )`,
  `create unique index files_order on files (workspace_id, folder, sequence) where sequence is not null`,
  `create unique index files_content on files (workspace_id, folder, hash) where sequence is not null`,
  `create table file_pieces (
    workspace_id uuid not null,
    file_id uuid not null,
    first_byte bigint not null,
    content bytea not null,
    primary key (workspace_id, file_id, first_byte),
    foreign key (workspace_id, file_id) references files (workspace_id, id) on delete cascade
  )`,
]
