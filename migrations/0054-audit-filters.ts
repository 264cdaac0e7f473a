import { type Kysely, sql } from 'kysely'

// The audit log is narrowed by time, action, person and thing. Times stand beside the numbers of the entries in an index
// that is read instead of them: a stretch of an old year is passed to, not looked through. (By an index over times the
// order of the page would be lost, and numbers cannot be had from times, as clocks may be set back.)
// Entries about one thing are found by an index over things, as the owner: under row-level security the database may not
// use one for what could tell of rows of others. The function asks for the workspace of its transaction, as the policies do.
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `create index audit_entries_listed on audit_entries (workspace_id, sequence desc) include (at, action, actor_id)`,
  `create index audit_entries_subject on audit_entries using gin (subject jsonb_path_ops)`,
  // Null: not narrowed by it. Numbers of entries below \`before\`, the newest \`most\`.
  `create function tieline_find_audit(wanted jsonb, an_action text, an_actor text, since timestamptz, until timestamptz,
     before bigint, most int)
   returns table (sequence bigint)
   language plpgsql stable security definer set search_path = public, pg_temp set jit = off as $body$
   begin
     -- As text, so that it is planned for this thing: a flow of most entries, or a run of one. How far back a stretch of
     -- time lies is not known to the plan, so all of the thing are looked at then, not all from now to there.
     return query execute format(
       'with about as %s (
          select e.sequence, e.action, e.actor_id, e.at from audit_entries e
          where e.workspace_id = $1 and e.subject @> %L::jsonb and e.sequence < coalesce($2, 9223372036854775807))
        select a.sequence from about a
        where ($3 is null or a.action = $3) and ($4 is null or a.actor_id = $4)
          and a.at >= coalesce($5, ''-infinity'') and a.at < coalesce($6, ''infinity'')
        order by a.sequence desc limit %s',
       case when since is null and until is null then 'not materialized' else 'materialized' end, wanted, most)
       using nullif(current_setting('tieline.workspace', true), '')::uuid, before, an_action, an_actor, since, until;
   end $body$`,
  `revoke execute on function tieline_find_audit(jsonb, text, text, timestamptz, timestamptz, bigint, int) from public`,
  `grant execute on function tieline_find_audit(jsonb, text, text, timestamptz, timestamptz, bigint, int) to tieline_app`,
]
