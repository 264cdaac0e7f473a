import { type Kysely, sql } from 'kysely'

// A call of a keyed operation may be made again while the other system knows its key: for some minutes, and of one login
// token only, so the token's number is kept. A call in doubt may be looked for, with back-off. What a person settles is
// written down for good. An exception about an effect names it.
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
  await sql`grant select, insert on settlements to tieline_app`.execute(db)
  // An unset setting reads as '' after the first transaction of a connection: nullif makes "unset" mean no rows.
  const own = `workspace_id = nullif(current_setting('tieline.workspace', true), '')::uuid`
  await sql.raw(`create policy tenant on settlements to tieline_app using (${own}) with check (${own})`).execute(db)
  await sql.raw(`create policy maintenance on settlements to current_user using (true) with check (true)`).execute(db)
}

const STATEMENTS = [
  `alter table calls
    add column generation int,
    add column repeated_at timestamptz,
    add column probes int not null default 0,
    add column probed_at timestamptz`,
  `alter table effects add column reversed_by text`,
  // All effects of a call are asked for when it is settled or halved; their state changes without touching an index.
  `drop index effects_call`,
  `create index effects_call on effects (workspace_id, call_id)`,
  `create index effects_unknown on effects (workspace_id, target_id) where state = 'unknown'`,
  `alter table exceptions add column effect_target int, add column effect_document text`,
  `create index exceptions_effect on exceptions (workspace_id, effect_target, effect_document)
    where effect_document is not null`,
  `create table settlements (
    workspace_id uuid not null,
    id uuid not null,
    call_id uuid not null,
    position int not null,
    target_id int not null,
    document text not null,
    part text not null,
    verdict text not null check (verdict in ('arrived', 'did-not-arrive')),
    reason text not null,
    settled_by uuid not null,
    settled_at timestamptz not null default now(),
    primary key (workspace_id, id)
  )`,
  `create index settlements_document on settlements (workspace_id, target_id, document)`,
  `alter table settlements enable row level security`,
  `alter table settlements force row level security`,
]
