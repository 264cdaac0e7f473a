import { type Kysely, sql } from 'kysely'

// Whoever made the link that set a password may know it. What they have a part in is not approved with that account, nor
// by them what was done with it: the database holds to it, as to the rest of the rule (0028-approvals.ts).
const STATEMENTS = [
  `alter table password_links add column made_by_user uuid references users (id) on delete set null`,
  // Null: set by oneself, by a link of an e-mail or of the command line.
  `alter table users add column password_by uuid references users (id) on delete set null`,

  `create function tieline_hands(people uuid[]) returns uuid[] language sql stable as $$
    select coalesce(array_agg(distinct hand), '{}') from (
      select unnest(people) as hand
      union select password_by from users where id = any (people) and password_by is not null
    ) hands
  $$`,
  `create function tieline_two_people() returns trigger language plpgsql as $$
  begin
    if new.state = 'approved' and new.decided_by is not null
      and tieline_hands(array[new.decided_by]) && tieline_hands(new.authors || new.asked_by) then
      raise exception 'who approves may be who asked'
        using errcode = 'integrity_constraint_violation', constraint = 'approvals_second_person';
    end if;
    return new;
  end $$`,
  `create trigger approvals_two_people before insert or update on approvals
    for each row execute function tieline_two_people()`,
]

export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}
