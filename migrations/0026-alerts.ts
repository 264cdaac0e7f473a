import { type Kysely, sql } from 'kysely'

// Rules of a workspace that watch its flows, what they have found, and what was told of it to whom. One alert of a cause is
// open at a time. A message is written down in the transaction that opens or closes its alert, and sent from there.
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of TABLES) await sql.raw(statement).execute(db)
  const own = `workspace_id = nullif(current_setting('tieline.workspace', true), '')::uuid`
  for (const table of ['alert_rules', 'alerts', 'alert_messages']) {
    await sql.raw(`grant select, insert, update, delete on ${table} to tieline_app`).execute(db)
    await sql.raw(`alter table ${table} enable row level security`).execute(db)
    await sql.raw(`alter table ${table} force row level security`).execute(db)
    await sql.raw(`create policy tenant on ${table} to tieline_app using (${own}) with check (${own})`).execute(db)
    await sql.raw(`create policy maintenance on ${table} to current_user using (true) with check (true)`).execute(db)
  }
  // Which workspaces are to be looked at.
  await sql`grant select on alert_rules to tieline_system`.execute(db)
  await sql`create policy system on alert_rules for select to tieline_system using (true)`.execute(db)
}

const TABLES = [
  `create table alert_rules (
    workspace_id uuid not null references workspaces (id) on delete cascade,
    id uuid not null,
    name text not null,
    kind text not null check (kind in ('failure', 'silence', 'exceptions', 'budget', 'expiry', 'notice')),
    flow_id uuid,
    settings jsonb not null,
    recipients jsonb not null,
    escalate_minutes int,
    escalate_to jsonb not null default '[]',
    quiet jsonb,
    digest_minutes int not null default 0,
    zone text not null,
    enabled boolean not null default true,
    created_at timestamptz not null default now(),
    changed_at timestamptz not null default now(),
    changed_by uuid,
    primary key (workspace_id, id),
    foreign key (workspace_id, flow_id) references flows (workspace_id, id) on delete cascade
  )`,
  `create table alerts (
    workspace_id uuid not null,
    id uuid not null,
    rule_id uuid not null,
    cause text not null,
    severity text not null check (severity in ('warning', 'critical')),
    sentence text not null,
    detail text not null,
    flow_id uuid,
    connection_id uuid,
    opened_at timestamptz not null default now(),
    last_at timestamptz not null default now(),
    resolved_at timestamptz,
    acknowledged_at timestamptz,
    acknowledged_by uuid,
    escalated_at timestamptz,
    primary key (workspace_id, id),
    foreign key (workspace_id, rule_id) references alert_rules (workspace_id, id) on delete cascade
  )`,
  `create unique index alerts_open on alerts (workspace_id, rule_id, cause) where resolved_at is null`,
  `create index alerts_cause on alerts (workspace_id, rule_id, cause, resolved_at desc)`,
  `create table alert_messages (
    workspace_id uuid not null,
    id uuid not null,
    rule_id uuid not null,
    alert_id uuid,
    kind text not null check (kind in ('open', 'resolve', 'escalation', 'test')),
    recipient jsonb not null,
    text text not null,
    due_at timestamptz not null,
    state text not null default 'waiting'
      check (state in ('waiting', 'sending', 'sent', 'failed', 'unknown', 'dropped')),
    attempts int not null default 0,
    error text,
    created_at timestamptz not null default now(),
    settled_at timestamptz,
    primary key (workspace_id, id),
    foreign key (workspace_id, rule_id) references alert_rules (workspace_id, id) on delete cascade,
    foreign key (workspace_id, alert_id) references alerts (workspace_id, id) on delete cascade
  )`,
  `create index alert_messages_due on alert_messages (workspace_id, due_at) where state in ('waiting', 'sending')`,
  `create index alert_messages_alert on alert_messages (workspace_id, alert_id)`,
]
