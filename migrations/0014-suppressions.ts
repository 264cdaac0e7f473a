import { type Kysely, sql } from 'kysely'

// People who were erased and must not come back, as keyed hashes of the keys by which contacts are known: nobody can read
// out of it who they are. An entry is never deleted: lifting it is one more thing that somebody did, when and why.
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const OWN = `workspace_id = nullif(current_setting('tieline.workspace', true), '')::uuid`

const STATEMENTS = [
  // hash: blind index of the key, as for confirmed_keys, but of the workspace and not of one connection.
  // added_by: a person; run_id and node_id: the step of a flow that erased.
  `create table suppressions (
    workspace_id uuid not null,
    id uuid not null,
    hash bytea not null,
    reason text not null,
    added_at timestamptz not null default now(),
    added_by uuid,
    run_id uuid,
    node_id text,
    lifted_at timestamptz,
    lifted_by uuid,
    lift_reason text,
    primary key (workspace_id, id),
    check ((added_by is null) = (run_id is not null)),
    check ((lifted_at is null) = (lifted_by is null) and (lifted_at is null) = (lift_reason is null))
  )`,
  `create unique index suppressions_hash on suppressions (workspace_id, hash) where lifted_at is null`,
  `alter table suppressions enable row level security`,
  `alter table suppressions force row level security`,
  `create policy tenant on suppressions to tieline_app using (${OWN}) with check (${OWN})`,
  `create policy maintenance on suppressions to current_user using (true) with check (true)`,
  `grant select, insert, update on suppressions to tieline_app`,
]
