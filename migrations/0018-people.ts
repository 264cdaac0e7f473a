import { type Kysely, sql } from 'kysely'

// Invitations, sessions that can be named, and the rule that a workspace keeps an owner, held by the database itself.
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const OWN = `workspace_id = nullif(current_setting('tieline.workspace', true), '')::uuid`
const ROLES = `('owner', 'consultant', 'operator', 'finance', 'marketing', 'client', 'auditor')`

const STATEMENTS = [
  `create table invitations (
    workspace_id uuid not null references workspaces (id) on delete cascade,
    id uuid not null,
    email text not null,
    role text not null check (role in ${ROLES}),
    hash bytea not null,
    invited_by uuid not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at timestamptz,
    revoked_at timestamptz,
    primary key (workspace_id, id)
  )`,
  `create index invitations_hash on invitations (hash)`,
  `alter table invitations enable row level security`,
  `alter table invitations force row level security`,
  `create policy tenant on invitations to tieline_app using (${OWN}) with check (${OWN})`,
  `create policy system on invitations to tieline_system using (true) with check (true)`,
  `create policy maintenance on invitations to current_user using (true) with check (true)`,
  `grant select, insert, update, delete on invitations to tieline_app`,
  `grant select, update on invitations to tieline_system`,

  // A name for a session that opens nothing.
  `alter table sessions add column id uuid not null default gen_random_uuid()`,
  `create unique index sessions_id on sessions (id)`,

  // Two owners who remove each other at once wait here, and the second is refused.
  `create function tieline_keep_owner() returns trigger language plpgsql as $$
  begin
    if old.role <> 'owner' or (tg_op = 'UPDATE' and new.role = 'owner') then return coalesce(new, old); end if;
    perform 1 from workspaces where id = old.workspace_id for update;
    if not found then return old; end if; -- the workspace itself goes
    if not exists (
      select 1 from members
      where workspace_id = old.workspace_id and role = 'owner' and user_id <> old.user_id
    ) then
      raise exception 'a workspace keeps an owner' using errcode = 'integrity_constraint_violation', constraint = 'members_owner';
    end if;
    return coalesce(new, old);
  end $$`,
  `create trigger members_owner before update or delete on members
    for each row execute function tieline_keep_owner()`,
]
