import { type Kysely, sql } from 'kysely'

// A document that is only tried (a number below 0) needs no second person: it never goes live, and only dry runs, which
// send nothing, carry it out. Both are held here.
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `create or replace function tieline_guard_version() returns trigger language plpgsql as $$
  declare approval approvals;
  begin
    if tg_op = 'UPDATE' then
      if (new.document, new.hash, new.number) is distinct from (old.document, old.hash, old.number) then
        raise exception 'a version is not changed' using errcode = 'integrity_constraint_violation';
      end if;
      return new;
    end if;
    if new.number < 0 or not tieline_must_approve(new.workspace_id) then return new; end if;
    approval := tieline_approved(new.workspace_id, 'publish', new.flow_id);
    if approval.id is null or approval.hash <> new.hash or approval.document <> new.document then
      raise exception 'a second person has to approve this'
        using errcode = 'integrity_constraint_violation', constraint = 'second_person';
    end if;
    return new;
  end $$`,
  `alter table runs add constraint runs_tried_are_dry check (version > 0 or dry) not valid`,
  `alter table runs validate constraint runs_tried_are_dry`,
  `alter table flows add constraint flows_live_published check (live_version > 0)`,
]
