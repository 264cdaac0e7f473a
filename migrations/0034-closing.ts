import { type Kysely, sql } from 'kysely'

// A workspace that is given up: from `closing_at` on everything in it is off and read-only, until `delete_after` it can be
// taken back, from `deleting_at` on its rows go. What is left is one row in `deletions`, which belongs to the installation.
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `alter table workspaces
    add column closing_at timestamptz,
    add column closing_by uuid,
    add column delete_after timestamptz,
    -- Flows that were on: to be named to whoever takes it back.
    add column closing_flows uuid[],
    add column deleting_at timestamptz,
    add check ((closing_at is null) = (delete_after is null)),
    add check (deleting_at is null or closing_at is not null)`,
  `create index workspaces_closing on workspaces (delete_after) where delete_after is not null`,

  // Not called workspace_id: it is no tenant's row, and stays.
  `create table deletions (
    workspace uuid primary key,
    name text not null,
    asked_at timestamptz not null,
    asked_by uuid,
    due_at timestamptz not null,
    began_at timestamptz not null default now(),
    finished_at timestamptz,
    -- Ids of those who may read this: its owners, consultants and auditors when it began.
    readers uuid[] not null,
    -- Ids of its members, until it is known whose account goes with it.
    members uuid[],
    accounts int not null default 0,
    counts jsonb not null default '{}',
    connections jsonb not null default '[]',
    audit_sequence bigint,
    audit_hash bytea,
    hash bytea
  )`,
  `grant select, update (connections, hash) on deletions to tieline_system`,

  // As owner, since no login of the product may delete from all tables; each function looks itself whether its time has
  // come. Answers whether there is something to delete.
  `create function tieline_begin_deletion(w uuid) returns boolean
   language plpgsql security definer set search_path = public, pg_temp as $body$
   begin
     update workspaces set deleting_at = coalesce(deleting_at, now())
     where id = w and delete_after <= now() and not exists (
       select 1 from runs where workspace_id = w and state = 'running' and lease_until > now()
     );
     if not found then return false; end if;
     insert into deletions (workspace, name, asked_at, asked_by, due_at, readers, members)
     select s.id, s.name, s.closing_at, s.closing_by, s.delete_after,
       coalesce((select array_agg(user_id) from members where workspace_id = w and role in ('owner', 'consultant', 'auditor')), '{}'),
       coalesce((select array_agg(user_id) from members where workspace_id = w), '{}')
     from workspaces s where s.id = w
     on conflict do nothing;
     return true;
   end $body$`,
  // One batch of one table, and its count, together. Partitions are reached by their parent, a day of a class at a time,
  // within which a row's place (ctid) is its own.
  `create function tieline_delete_rows(w uuid, tenant_table text, most int) returns bigint
   language plpgsql security definer set search_path = public, pg_temp as $body$
   declare gone bigint; partitioned boolean; d date; class text; part text := '';
   begin
     perform 1 from deletions where workspace = w and finished_at is null for update;
     if not found or not exists (select 1 from workspaces where id = w and deleting_at is not null) then
       raise exception 'workspace % is not being deleted', w;
     end if;
     select c.relkind = 'p' into partitioned from pg_class c join pg_attribute a on a.attrelid = c.oid
     where c.relname = tenant_table and c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
       and not c.relispartition and a.attname = 'workspace_id' and not a.attisdropped;
     if not found then raise exception '% is no table of tenants', tenant_table; end if;
     if tenant_table like 'audit\\_%' then
       update deletions set audit_sequence = h.sequence, audit_hash = h.hash
       from audit_heads h where workspace = w and h.workspace_id = w and audit_sequence is null;
     end if;
     if partitioned then
       execute format('select day, trace_class from %I where workspace_id = $1 limit 1', tenant_table) into d, class using w;
       if d is null then return 0; end if;
       part := format(' and day = %L and trace_class = %L', d, class);
     end if;
     execute format(
       'delete from %I where workspace_id = $1%s and ctid = any(array(select ctid from %I where workspace_id = $1%s limit %s))',
       tenant_table, part, tenant_table, part, most) using w;
     get diagnostics gone = row_count;
     if gone > 0 then
       update deletions set counts = counts || jsonb_build_object(tenant_table, coalesce((counts ->> tenant_table)::bigint, 0) + gone)
       where workspace = w;
     end if;
     return gone;
   end $body$`,
  // The workspace itself, and accounts of people who are in no other; fails if a row of the workspace is left anywhere.
  `create function tieline_finish_deletion(w uuid) returns void
   language plpgsql security definer set search_path = public, pg_temp as $body$
   declare t text; left_over boolean; gone int;
   begin
     perform 1 from deletions where workspace = w and finished_at is null for update;
     if not found or not exists (select 1 from workspaces where id = w and deleting_at is not null) then
       raise exception 'workspace % is not being deleted', w;
     end if;
     for t in
       select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid
       where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
         and a.attname = 'workspace_id' and not a.attisdropped
     loop
       execute format('select exists (select 1 from %I where workspace_id = $1)', t) into left_over using w;
       if left_over then raise exception '% still has rows of workspace %', t, w; end if;
     end loop;
     delete from users u using deletions n
     where n.workspace = w and u.id = any(n.members) and not exists (select 1 from members m where m.user_id = u.id);
     get diagnostics gone = row_count;
     delete from workspaces where id = w;
     update deletions set accounts = gone, members = null, finished_at = now() where workspace = w;
   end $body$`,
  ...['tieline_begin_deletion(uuid)', 'tieline_delete_rows(uuid, text, int)', 'tieline_finish_deletion(uuid)'].flatMap(
    (name) => [`revoke execute on function ${name} from public`, `grant execute on function ${name} to tieline_system`],
  ),
  // Its owner goes with the workspace.
  `create or replace function tieline_keep_owner() returns trigger language plpgsql as $$
  begin
    if old.role <> 'owner' or (tg_op = 'UPDATE' and new.role = 'owner') then return coalesce(new, old); end if;
    perform 1 from workspaces where id = old.workspace_id and deleting_at is null for update;
    if not found then return old; end if; -- the workspace itself goes
    if not exists (
      select 1 from members
      where workspace_id = old.workspace_id and role = 'owner' and user_id <> old.user_id
    ) then
      raise exception 'a workspace keeps an owner' using errcode = 'integrity_constraint_violation', constraint = 'members_owner';
    end if;
    return coalesce(new, old);
  end $$`,
]
