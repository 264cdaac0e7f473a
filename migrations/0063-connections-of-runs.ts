import { type Kysely, sql } from 'kysely'

const OWN = `workspace_id = nullif(current_setting('tieline.workspace', true), '')::uuid`

// A run that has begun goes on with the connections it began with, whatever is bound to its flow's slots meanwhile: its
// cursors and the calls of which it did not hear are of those. Written down when a slot is bound otherwise.
const STATEMENTS = [
  `create table run_bindings (
    workspace_id uuid not null,
    run_id uuid not null,
    slot text not null,
    connection_id uuid not null,
    primary key (workspace_id, run_id, slot),
    foreign key (workspace_id, run_id) references runs (workspace_id, id) on delete cascade
  )`,
  `alter table run_bindings enable row level security`,
  `alter table run_bindings force row level security`,
  `create policy tenant on run_bindings to tieline_app using (${OWN}) with check (${OWN})`,
  `create policy maintenance on run_bindings to current_user using (true) with check (true)`,
  `grant select, insert, update, delete on run_bindings to tieline_app`,
]

export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}
