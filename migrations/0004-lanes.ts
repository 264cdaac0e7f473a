import { type Kysely, sql } from 'kysely'

// Any number of processes carry runs out. Lanes hold the caps, and their row locks put claims of a workspace in a row;
// `workers` says who is there. The wake-ups themselves are jobs of Graphile Worker, in a schema of its own.
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const OWN = `workspace_id = nullif(current_setting('tieline.workspace', true), '')::uuid`

const STATEMENTS = [
  `create table lanes (
    workspace_id uuid not null references workspaces (id) on delete cascade,
    lane text not null check (lane in ('live', 'bulk')),
    max_running int not null check (max_running between 1 and 100),
    primary key (workspace_id, lane)
  )`,
  `alter table lanes enable row level security`,
  `alter table lanes force row level security`,
  `create policy tenant on lanes to tieline_app using (${OWN}) with check (${OWN})`,
  `create policy maintenance on lanes to current_user using (true) with check (true)`,
  `create policy system on lanes to tieline_system using (true) with check (true)`,
  `grant select, insert, update, delete on lanes to tieline_app`,
  `grant select, insert, update on lanes to tieline_system`,

  // How many runs may use a connection at the same time; null: as many as the lanes let through.
  `alter table connections add column max_runs int check (max_runs between 1 and 100)`,
  // The claim reads bindings and caps across workspaces, and nothing else of a connection.
  `grant select (workspace_id, id, name, max_runs) on connections to tieline_system`,
  `create policy system_caps on connections for select to tieline_system using (true)`,
  `grant select on flow_bindings to tieline_system`,
  `create policy system on flow_bindings for select to tieline_system using (true)`,

  // Heads of the flows' queues are found by hopping from flow to flow, however many runs wait in each.
  `create index runs_queued on runs (workspace_id, flow_id, priority, id) include (lane, created_at) where state = 'queued'`,
  `create index runs_at_work on runs (workspace_id, flow_id) where state in ('running', 'waiting', 'paused')`,
  // The claim sees to it that runs of one flow never overlap; this makes it impossible.
  `create unique index runs_one_of_a_flow on runs (workspace_id, flow_id) where state in ('running', 'waiting')`,

  `create table workers (
    id text primary key,
    host text not null,
    pid int not null,
    role text not null check (role in ('all', 'api', 'worker')),
    version text not null,
    schema text not null,
    started_at timestamptz not null default now(),
    seen_at timestamptz not null default now(),
    slots int not null,
    running int not null,
    state text not null check (state in ('working', 'idle', 'stopping', 'outdated'))
  ) with (fillfactor = 50)`,
  `grant select, insert, update, delete on workers to tieline_system`,
  `grant select on workers to tieline_app`,
  // A process sees that the schema went past what it knows, and stops claiming.
  `grant select on kysely_migration to tieline_system`,

  // Wake-ups are made by the owner, so that no login of the product needs rights on the jobs of others. A job for now
  // and one for later have different keys: an early wake-up is never put off by a later timer. Timers of the same
  // second are one job.
  `create function tieline_wake(workspace uuid, lane text, at timestamptz default now()) returns void
   language plpgsql security definer set search_path = pg_catalog, pg_temp as $body$
   declare
     key text := 'lane:' || workspace || ':' || lane;
     payload json := json_build_object('workspace', workspace, 'lane', lane);
     second bigint := ceil(extract(epoch from at));
   begin
     if at <= now() then
       perform graphile_worker.add_job('lane', payload, job_key => key, job_key_mode => 'preserve_run_at', flags => array[lane]);
     else
       perform graphile_worker.add_job('lane', payload, run_at => to_timestamp(second), job_key => key || ':' || second,
         job_key_mode => 'preserve_run_at', flags => array[lane]);
     end if;
   end $body$`,
  `revoke execute on function tieline_wake(uuid, text, timestamptz) from public`,
  `grant execute on function tieline_wake(uuid, text, timestamptz) to tieline_app, tieline_system`,
]
