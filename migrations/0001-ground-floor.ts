import { type Kysely, sql } from 'kysely'

// Every table of tenant data starts its keys with workspace_id, so that a workspace can move to a database of its own
// and no unique key tells one tenant about another. Row-level security is forced: the product connects with the logins
// of tieline_app (one workspace at a time) and tieline_system (claims, schedules, sign-in), never as the owner.

const TENANT_TABLES = [
  'members',
  'api_tokens',
  'connections',
  'oauth_states',
  'flows',
  'flow_versions',
  'flow_bindings',
  'schedules',
  'firings',
  'runs',
  'run_reads',
  'run_folds',
  'run_sets',
  'cursors',
  'steps',
  'payloads',
  'targets',
  'calls',
  'effects',
  'confirmed_keys',
  'exceptions',
] as const

/** What the system login may do, table by table: it finds work across workspaces and knows who signs in. */
const SYSTEM_RIGHTS: Record<string, string> = {
  workspaces: 'select, insert, update',
  members: 'select, insert, update, delete',
  api_tokens: 'select, update',
  flows: 'select, update',
  schedules: 'select, insert, update, delete',
  firings: 'select, insert',
  runs: 'select, insert, update',
}

export async function up(db: Kysely<never>): Promise<void> {
  await sql`
    do $$ begin
      if not exists (select 1 from pg_roles where rolname = 'tieline_app') then create role tieline_app nologin; end if;
      if not exists (select 1 from pg_roles where rolname = 'tieline_system') then create role tieline_system nologin; end if;
    exception when duplicate_object then null; -- another database of the same server was first
    end $$`.execute(db)

  for (const statement of TABLES) await sql.raw(statement).execute(db)
  // Through a function, so that partitions made later are made by the owner, whoever asks.
  for (const statement of FUNCTIONS) await sql.raw(statement).execute(db)
  await sql`select tieline_ensure_partitions(current_date - 1, 9)`.execute(db)

  await sql`grant usage on schema public to tieline_app, tieline_system`.execute(db)
  await sql`grant select on installation, users to tieline_app`.execute(db)
  await sql`grant select, insert, update, delete on installation, users, sessions, setup_links to tieline_system`.execute(
    db,
  )
  await sql`grant execute on function tieline_ensure_partitions(date, int) to tieline_system`.execute(db)
  await sql`grant select, update on workspaces to tieline_app`.execute(db)
  await protect(db, 'workspaces', 'id')
  for (const table of TENANT_TABLES) {
    await sql.raw(`grant select, insert, update, delete on ${table} to tieline_app`).execute(db)
    await protect(db, table, 'workspace_id')
  }
  for (const [table, rights] of Object.entries(SYSTEM_RIGHTS)) {
    await sql.raw(`grant ${rights} on ${table} to tieline_system`).execute(db)
    await sql.raw(`create policy system on ${table} to tieline_system using (true) with check (true)`).execute(db)
  }
}

async function protect(db: Kysely<never>, table: string, column: string): Promise<void> {
  // An unset setting reads as '' after the first transaction of a connection: nullif makes "unset" mean no rows.
  const own = `${column} = nullif(current_setting('tieline.workspace', true), '')::uuid`
  await sql.raw(`alter table ${table} enable row level security`).execute(db)
  await sql.raw(`alter table ${table} force row level security`).execute(db)
  await sql.raw(`create policy tenant on ${table} to tieline_app using (${own}) with check (${own})`).execute(db)
  // Backup, restore and later migrations run as the owner, who is subject to forced policies too.
  await sql.raw(`create policy maintenance on ${table} to current_user using (true) with check (true)`).execute(db)
}

const TABLES = [
  `create table installation (
    name text primary key,
    value jsonb not null
  )`,
  `create table users (
    id uuid primary key,
    email text not null,
    name text not null,
    password_hash text not null,
    created_at timestamptz not null default now(),
    disabled_at timestamptz
  )`,
  `create unique index users_email on users (lower(email))`,
  `create table sessions (
    hash bytea primary key,
    user_id uuid not null references users (id) on delete cascade,
    created_at timestamptz not null default now(),
    seen_at timestamptz not null default now(),
    expires_at timestamptz not null,
    address text not null,
    agent text not null
  )`,
  `create index sessions_user on sessions (user_id)`,
  `create table setup_links (
    hash bytea primary key,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at timestamptz
  )`,
  `create table workspaces (
    id uuid primary key,
    name text not null,
    created_at timestamptz not null default now()
  )`,
  `create table members (
    workspace_id uuid not null references workspaces (id) on delete cascade,
    user_id uuid not null references users (id) on delete cascade,
    role text not null check (role in ('owner', 'consultant', 'operator', 'finance', 'marketing', 'client', 'auditor')),
    created_at timestamptz not null default now(),
    primary key (workspace_id, user_id)
  )`,
  `create index members_user on members (user_id)`,
  `create table api_tokens (
    workspace_id uuid not null references workspaces (id) on delete cascade,
    id uuid not null,
    prefix text not null,
    hash bytea not null,
    user_id uuid not null references users (id) on delete cascade,
    name text not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    used_at timestamptz,
    revoked_at timestamptz,
    primary key (workspace_id, id)
  )`,
  `create index api_tokens_prefix on api_tokens (prefix)`,
  `create table connections (
    workspace_id uuid not null references workspaces (id) on delete cascade,
    id uuid not null,
    connector text not null,
    name text not null,
    login text not null,
    settings jsonb not null,
    pinned jsonb not null default '{}',
    secrets bytea not null,
    tokens bytea,
    tokens_expire_at timestamptz,
    token_generation int not null default 0,
    token_claim_until timestamptz,
    state text not null default 'new' check (state in ('new', 'ready', 'sign-in-needed')),
    state_message text,
    findings jsonb,
    tested_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (workspace_id, id)
  )`,
  `create table oauth_states (
    workspace_id uuid not null,
    hash bytea not null,
    connection_id uuid not null,
    session_hash bytea not null,
    redirect_uri text not null,
    expires_at timestamptz not null,
    primary key (workspace_id, hash),
    foreign key (workspace_id, connection_id) references connections (workspace_id, id) on delete cascade
  )`,
  `create table flows (
    workspace_id uuid not null references workspaces (id) on delete cascade,
    id uuid not null,
    name text not null,
    draft jsonb not null,
    draft_revision int not null default 1,
    draft_by uuid,
    draft_at timestamptz not null default now(),
    live_version int,
    enabled boolean not null default false,
    switched_at timestamptz,
    switched_by uuid,
    paused_code text,
    paused_message text,
    created_at timestamptz not null default now(),
    archived_at timestamptz,
    primary key (workspace_id, id)
  )`,
  `create table flow_versions (
    workspace_id uuid not null,
    flow_id uuid not null,
    number int not null,
    document jsonb not null,
    layout jsonb,
    hash text not null,
    author_id uuid not null,
    author text not null,
    summary text not null,
    created_at timestamptz not null default now(),
    primary key (workspace_id, flow_id, number),
    foreign key (workspace_id, flow_id) references flows (workspace_id, id) on delete cascade
  )`,
  `create table flow_bindings (
    workspace_id uuid not null,
    flow_id uuid not null,
    slot text not null,
    connection_id uuid not null,
    primary key (workspace_id, flow_id, slot),
    foreign key (workspace_id, flow_id) references flows (workspace_id, id) on delete cascade,
    foreign key (workspace_id, connection_id) references connections (workspace_id, id)
  )`,
  `create table schedules (
    workspace_id uuid not null,
    flow_id uuid not null,
    node_id text not null,
    settings jsonb not null,
    next_due timestamptz not null,
    primary key (workspace_id, flow_id, node_id),
    foreign key (workspace_id, flow_id) references flows (workspace_id, id) on delete cascade
  )`,
  `create index schedules_due on schedules (next_due)`,
  // A firing is a unique row: however many processes look at the clock, one due time starts one run.
  `create table firings (
    workspace_id uuid not null,
    flow_id uuid not null,
    node_id text not null,
    due timestamptz not null,
    run_id uuid not null,
    primary key (workspace_id, flow_id, node_id, due)
  )`,
  `create table runs (
    workspace_id uuid not null,
    id uuid not null,
    flow_id uuid not null,
    version int not null,
    cause text not null check (cause in ('manual', 'schedule')),
    cause_node text not null,
    requested_by uuid,
    state text not null default 'queued'
      check (state in ('queued', 'running', 'waiting', 'succeeded', 'partly', 'failed', 'cancelled')),
    reason text,
    code text,
    epoch int not null default 0,
    attempts int not null default 0,
    worker text,
    lease_until timestamptz,
    wake_at timestamptz,
    cancel_requested boolean not null default false,
    day date not null default current_date,
    fixed_now timestamptz not null default now(),
    batches int not null default 0,
    counts jsonb not null default '{}',
    created_at timestamptz not null default now(),
    started_at timestamptz,
    ended_at timestamptz,
    primary key (workspace_id, id),
    foreign key (workspace_id, flow_id, version) references flow_versions (workspace_id, flow_id, number) on delete cascade
  ) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02)`,
  // Small whatever the history: only live runs are in it. lease_until stays out so that renewals are HOT updates.
  `create index runs_live on runs (created_at) where state in ('queued', 'running', 'waiting')`,
  `create index runs_flow_live on runs (workspace_id, flow_id, id) where state in ('queued', 'running', 'waiting')`,
  `create index runs_recent on runs (workspace_id, id desc)`,
  `create index runs_flow on runs (workspace_id, flow_id, id desc)`,
  `create table run_reads (
    workspace_id uuid not null,
    run_id uuid not null,
    node_id text not null,
    cursor jsonb,
    done boolean not null default false,
    records bigint not null default 0,
    primary key (workspace_id, run_id, node_id),
    foreign key (workspace_id, run_id) references runs (workspace_id, id) on delete cascade
  )`,
  `create table run_folds (
    workspace_id uuid not null,
    run_id uuid not null,
    node_id text not null,
    group_key text not null,
    seq bigint not null,
    state jsonb not null,
    primary key (workspace_id, run_id, node_id, group_key),
    foreign key (workspace_id, run_id) references runs (workspace_id, id) on delete cascade
  )`,
  `create table run_sets (
    workspace_id uuid not null,
    run_id uuid not null,
    node_id text not null,
    key text not null,
    batch int not null,
    position int not null,
    record jsonb not null,
    primary key (workspace_id, run_id, node_id, key, batch, position),
    foreign key (workspace_id, run_id) references runs (workspace_id, id) on delete cascade
  )`,
  `create table cursors (
    workspace_id uuid not null,
    flow_id uuid not null,
    node_id text not null,
    connection_id uuid not null,
    cursor jsonb not null,
    seen bytea not null default '',
    run_id uuid not null,
    updated_at timestamptz not null default now(),
    primary key (workspace_id, flow_id, node_id, connection_id),
    foreign key (workspace_id, flow_id) references flows (workspace_id, id) on delete cascade
  )`,
  `create table steps (
    workspace_id uuid not null,
    run_id uuid not null,
    batch int not null,
    node_id text not null,
    day date not null,
    position int not null,
    epoch int not null,
    operation text not null,
    started_at timestamptz not null,
    waiting_ms int not null,
    working_ms int not null,
    calls int not null,
    attempts int not null,
    counts jsonb not null,
    error jsonb,
    primary key (workspace_id, run_id, batch, node_id, day)
  ) partition by range (day)`,
  // kind: out:<port>, call (what a write sent, with each outcome), http (exchanges). content: zstd of JSON text, in chunks of at most 1 MB; not compressed again by the server.
  `create table payloads (
    workspace_id uuid not null,
    run_id uuid not null,
    batch int not null,
    node_id text not null,
    kind text not null,
    chunk int not null,
    day date not null,
    records int not null,
    total int not null,
    bytes int not null,
    content bytea not null,
    primary key (workspace_id, run_id, batch, node_id, kind, chunk, day)
  ) partition by range (day)`,
  `alter table payloads alter column content set storage external`,
  // One operation on one connection, as a number: it leads the keys of the ledger, so it should be small.
  `create table targets (
    workspace_id uuid not null,
    id int generated by default as identity,
    connection_id uuid not null,
    operation text not null,
    primary key (workspace_id, id),
    unique (workspace_id, connection_id, operation)
  )`,
  `create table calls (
    workspace_id uuid not null,
    id uuid not null,
    target_id int not null,
    run_id uuid not null,
    epoch int not null,
    batch int not null,
    node_id text not null,
    state text not null check (state in ('intended', 'sent', 'answered', 'refused', 'repeated', 'unknown')),
    items int not null,
    content bytea,
    message text,
    created_at timestamptz not null default now(),
    sent_at timestamptz,
    answered_at timestamptz,
    primary key (workspace_id, id)
  ) with (fillfactor = 80)`,
  `create index calls_run on calls (workspace_id, run_id)`,
  `create index calls_open on calls (workspace_id, target_id) where state in ('intended', 'sent', 'unknown')`,
  // An effect's state is that of its call unless it says otherwise: a batch of 1,000 settles with one updated row.
  `create table effects (
    workspace_id uuid not null,
    target_id int not null,
    document text not null,
    part text not null,
    kind char(1) not null check (kind in ('s', 'r')),
    reverses text,
    hash bytea not null,
    call_id uuid not null,
    position int not null,
    state text check (state in ('confirmed', 'rejected', 'unknown', 'reversed')),
    message text,
    primary key (workspace_id, target_id, document, part)
  )`,
  `create index effects_call on effects (workspace_id, call_id) where state is not null`,
  `create table confirmed_keys (
    workspace_id uuid not null,
    connection_id uuid not null,
    hash bytea not null,
    at timestamptz not null default now(),
    primary key (workspace_id, connection_id, hash)
  )`,
  `create table exceptions (
    workspace_id uuid not null,
    id uuid not null,
    flow_id uuid not null,
    version int not null,
    run_id uuid not null,
    batch int not null,
    node_id text not null,
    position int not null,
    code text not null,
    message text not null,
    remote text,
    business_key text,
    desk text not null check (desk in ('finance', 'marketing', 'technical')),
    amount numeric,
    currency text,
    record bytea not null,
    state text not null default 'open' check (state in ('open', 'retrying', 'resolved', 'dismissed')),
    created_at timestamptz not null default now(),
    resolved_at timestamptz,
    resolved_by uuid,
    resolution text,
    primary key (workspace_id, id)
  )`,
  `create unique index exceptions_place on exceptions (workspace_id, run_id, batch, node_id, position)`,
  `create index exceptions_open on exceptions (workspace_id, state, id desc)`,
  `create index exceptions_key on exceptions (workspace_id, flow_id, node_id, business_key) where state = 'open'`,
]

const FUNCTIONS = [
  `create function tieline_ensure_partitions(first date, days int) returns void
   language plpgsql security definer set search_path = public, pg_temp as $body$
   declare d date; parent text; part text;
   begin
     for d in select first + n from generate_series(0, days - 1) n loop
       foreach parent in array array['steps', 'payloads'] loop
         part := parent || '_' || to_char(d, 'YYYYMMDD');
         if to_regclass(part) is null then
           execute format('create table %I partition of %I for values from (%L) to (%L)', part, parent, d, d + 1);
           execute format('alter table %I enable row level security', part);
           execute format('alter table %I force row level security', part);
           if parent = 'payloads' then execute format('alter table %I alter column content set storage external', part); end if;
         end if;
       end loop;
     end loop;
   exception when duplicate_table then null; -- another process was first
   end $body$`,
]
