import { type Kysely, sql } from 'kysely'

// A client's flow can be tied to an agency's afterwards, and a push to a workspace with a second person is asked for
// there. Versions say of which master's version they were made.
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  // name: of the master when it was taken last, for those who cannot see it. version: 0 as long as none was taken.
  `alter table flow_templates add column name text`,
  `grant delete on flow_templates to tieline_app`,

  // source, source_version: as flow_templates said when the version was made.
  `alter table flow_versions add column source text, add column source_version int`,

  `alter table client_pushes drop constraint client_pushes_kind_check`,
  `alter table client_pushes add constraint client_pushes_kind_check
    check (kind in ('add', 'adopt', 'release', 'push', 'roll-back'))`,

  // push: what was pushed, or is to be taken back, and what ran when it was asked for. Null: the draft is asked for.
  `alter table approvals add column push jsonb, add constraint approvals_push check (push is null or kind = 'publish')`,
  `create or replace function tieline_keep_approval() returns trigger language plpgsql as $$
  begin
    if old.state <> 'open' or (new.workspace_id, new.id, new.kind, new.flow_id, new.document, new.layout, new.bindings,
        new.hash, new.asked_by, new.authors, new.push) is distinct from (old.workspace_id, old.id, old.kind, old.flow_id,
        old.document, old.layout, old.bindings, old.hash, old.asked_by, old.authors, old.push) then
      raise exception 'an approval is not changed' using errcode = 'integrity_constraint_violation';
    end if;
    return new;
  end $$`,
]
