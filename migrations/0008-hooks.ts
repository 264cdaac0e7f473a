import { type Kysely, sql } from 'kysely'

// A hook is the address at which another system tells a flow that something happened: one per hook trigger of a flow,
// the same for all its versions. What arrives is written into the inbox, and committed, before it is acknowledged; runs
// take it from there. An event is kept for 90 days so that the same one coming again is known.
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of TABLES) await sql.raw(statement).execute(db)
  for (const table of ['hooks', 'hook_hours', 'inbox']) {
    await sql.raw(`grant select, insert, update, delete on ${table} to tieline_app`).execute(db)
    await protect(db, table)
    // Events come in for whatever workspace their address belongs to, and a process commits those of many together.
    await sql.raw(`create policy system on ${table} to tieline_system using (true) with check (true)`).execute(db)
  }
  await sql`grant select on hooks to tieline_system`.execute(db)
  await sql`grant select, insert, update, delete on hook_hours, inbox to tieline_system`.execute(db)
  // Xero tells all organisations at one address: which connections of which workspaces are of that organisation?
  await sql`grant select (workspace_id, id, connector, pinned) on connections to tieline_system`.execute(db)
  // Where a run stopped within its events, when those it has not carried out are given back.
  await sql`grant select on flow_bindings, run_reads to tieline_system`.execute(db)
  for (const table of ['connections', 'flow_bindings', 'run_reads']) {
    await sql.raw(`create policy hooks on ${table} for select to tieline_system using (true)`).execute(db)
  }
}

async function protect(db: Kysely<never>, table: string): Promise<void> {
  const own = `workspace_id = nullif(current_setting('tieline.workspace', true), '')::uuid`
  await sql.raw(`alter table ${table} enable row level security`).execute(db)
  await sql.raw(`alter table ${table} force row level security`).execute(db)
  await sql.raw(`create policy tenant on ${table} to tieline_app using (${own}) with check (${own})`).execute(db)
  await sql.raw(`create policy maintenance on ${table} to current_user using (true) with check (true)`).execute(db)
}

const TABLES = [
  // address: 128 random bits, the only key by which a sender is found; null for kinds that share one address.
  // live: the trigger stands in the live version.
  `create table hooks (
    workspace_id uuid not null,
    id uuid not null,
    flow_id uuid not null,
    node_id text not null,
    node_name text not null,
    operation text not null,
    kind text not null check (kind in ('signed', 'token', 'xero')),
    address text,
    slot text,
    settings jsonb not null,
    most int not null check (most between 1 and 1000),
    seconds int not null check (seconds between 0 and 3600),
    secret bytea,
    secret_ends text,
    old_secret bytea,
    old_secret_until timestamptz,
    live boolean not null default true,
    created_at timestamptz not null default now(),
    primary key (workspace_id, id),
    unique (workspace_id, flow_id, node_id),
    foreign key (workspace_id, flow_id) references flows (workspace_id, id) on delete cascade
  )`,
  `create unique index hooks_address on hooks (address)`,
  `create index hooks_xero on hooks (workspace_id, flow_id, slot) where kind = 'xero' and live`,
  `create table hook_hours (
    workspace_id uuid not null,
    hook_id uuid not null,
    hour timestamptz not null,
    taken bigint not null default 0,
    repeated bigint not null default 0,
    refused bigint not null default 0,
    primary key (workspace_id, hook_id, hour)
  )`,
  // No foreign key to hooks: its check would write-lock a hook's row for every batch of events that comes in.
  // content: sealed; null once it is not kept any more. bytes: of the content before it was packed.
  `create table inbox (
    workspace_id uuid not null,
    hook_id uuid not null,
    id uuid not null,
    key text not null,
    key_hash bytea not null,
    received_at timestamptz not null default now(),
    repeats int not null default 0,
    run_id uuid,
    bytes int not null,
    content bytea,
    primary key (workspace_id, hook_id, id)
  ) with (autovacuum_vacuum_scale_factor = 0.05)`,
  `alter table inbox alter column content set storage external`,
  `create unique index inbox_key on inbox (workspace_id, hook_id, key_hash)`,
  `create index inbox_waiting on inbox (workspace_id, hook_id, id) where run_id is null`,
  `create index inbox_run on inbox (workspace_id, run_id, id) where run_id is not null`,
  `create index inbox_content on inbox (workspace_id, hook_id, id) where content is not null and run_id is not null`,
  // The first id (UUID version 7) that can be made at a time.
  `create function tieline_first_id(at timestamptz) returns uuid language sql immutable as
   $body$ select rpad(lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0'), 32, '0')::uuid $body$`,
  // At most one run that nobody has taken yet stands ready for the events of a hook. A run that was given back to the
  // queue has an epoch, and does not count.
  `create unique index runs_hook_ready on runs (workspace_id, flow_id, cause_node)
    where cause = 'hook' and epoch = 0 and state in ('queued', 'waiting', 'paused')`,
]
