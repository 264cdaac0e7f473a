import { type Kysely, sql } from 'kysely'

// A job to look at a lane says whose it is, so that a process of which others hold all slots can leave theirs and take it.
export async function up(db: Kysely<never>): Promise<void> {
  await sql
    .raw(`create or replace function tieline_wake(workspace uuid, lane text, at timestamptz default now()) returns void
   language plpgsql security definer set search_path = pg_catalog, pg_temp as $body$
   declare
     key text := 'lane:' || workspace || ':' || lane;
     payload json := json_build_object('workspace', workspace, 'lane', lane);
     whose text[] := array[lane, workspace::text];
     second bigint := ceil(extract(epoch from at));
   begin
     if at <= now() then
       perform graphile_worker.add_job('lane', payload, job_key => key, job_key_mode => 'preserve_run_at', flags => whose);
     else
       perform graphile_worker.add_job('lane', payload, run_at => to_timestamp(second), job_key => key || ':' || second,
         job_key_mode => 'preserve_run_at', flags => whose);
     end if;
   end $body$`)
    .execute(db)
}
