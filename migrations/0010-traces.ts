import { type Kysely, sql } from 'kysely'

// Traces live in partitions by class and day. A workspace chooses its class (short, standard, long), a run keeps the one it
// began with. Content (payloads) is kept for fewer days than metadata (steps, record_keys); what is past its time leaves
// as a whole partition, never row by row, and the drop itself is written down.
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of COLUMNS) await sql.raw(statement).execute(db)
  // Before the tables are made anew: it would make days of the old shape.
  await sql`drop function tieline_ensure_partitions(date, int)`.execute(db)
  for (const [table, key] of Object.entries(MOVED)) await move(db, table, key)
  for (const statement of TABLES) await sql.raw(statement).execute(db)
  for (const table of ['steps', 'payloads', 'record_keys']) await protect(db, table)
  for (const statement of FUNCTIONS) await sql.raw(statement).execute(db)
  await sql`select tieline_ensure_partitions(current_date, 2)`.execute(db)
  for (const statement of GRANTS) await sql.raw(statement).execute(db)
}

const CLASSES = ['short', 'standard', 'long'] as const
const IS_CLASS = `check (trace_class in ('short', 'standard', 'long'))`

const COLUMNS = [
  `alter table workspaces add column trace_class text not null default 'standard' ${IS_CLASS}`,
  `alter table runs add column trace_class text not null default 'standard' ${IS_CLASS}`,
  // A page of a list by one filter, newest first.
  `create index runs_state on runs (workspace_id, state, id desc)`,
  `create index runs_cause on runs (workspace_id, cause, id desc)`,
  `create index runs_backfill on runs (workspace_id, backfill_id, id desc) where backfill_id is not null`,
]

const MOVED = {
  steps: 'workspace_id, run_id, batch, node_id, day, trace_class',
  payloads: 'workspace_id, run_id, batch, node_id, kind, chunk, day, trace_class',
} as const

/** Makes a table anew, partitioned by class and then by day, and hangs its days, with their rows, under `standard`. */
async function move(db: Kysely<never>, table: string, key: string): Promise<void> {
  const run = (statement: string) => sql.raw(statement).execute(db)
  await run(`alter table ${table} rename to ${table}_before`)
  await run(
    `create table ${table} (like ${table}_before including defaults including storage,
      trace_class text not null default 'standard') partition by list (trace_class)`,
  )
  await run(`alter table ${table}_before rename constraint ${table}_pkey to ${table}_before_pkey`)
  await run(`alter table ${table} add primary key (${key})`)
  await makeClasses(db, table)
  const days = await sql<{ name: string; bound: string }>`
    select c.oid::regclass::text as name, pg_get_expr(c.relpartbound, c.oid) as bound
    from pg_class c join pg_inherits i on i.inhrelid = c.oid
    where i.inhparent = ${`${table}_before`}::regclass`.execute(db)
  for (const { name, bound } of days.rows) {
    const moved = name.replace(`${table}_`, `${table}_standard_`)
    await run(`alter table ${table}_before detach partition ${name}`)
    await run(`alter table ${name} drop constraint ${name}_pkey`)
    await run(`alter table ${name} add column trace_class text not null default 'standard'`)
    await run(`alter table ${name} rename to ${moved}`)
    await run(`alter table ${table}_standard attach partition ${moved} ${bound}`)
  }
  await run(`drop table ${table}_before`)
}

async function makeClasses(db: Kysely<never>, table: string): Promise<void> {
  for (const name of CLASSES) {
    const part = `${table}_${name}`
    await sql
      .raw(`create table ${part} partition of ${table} for values in ('${name}') partition by range (day)`)
      .execute(db)
    await sql.raw(`alter table ${part} enable row level security`).execute(db)
    await sql.raw(`alter table ${part} force row level security`).execute(db)
  }
}

async function protect(db: Kysely<never>, table: string): Promise<void> {
  const own = `workspace_id = nullif(current_setting('tieline.workspace', true), '')::uuid`
  await sql.raw(`grant select, insert, update, delete on ${table} to tieline_app`).execute(db)
  await sql.raw(`alter table ${table} enable row level security`).execute(db)
  await sql.raw(`alter table ${table} force row level security`).execute(db)
  await sql.raw(`create policy tenant on ${table} to tieline_app using (${own}) with check (${own})`).execute(db)
  await sql.raw(`create policy maintenance on ${table} to current_user using (true) with check (true)`).execute(db)
}

const TABLES = [
  // Keyed hashes of the business keys of one batch, as its records left their source. A row per key would cost ten times
  // as much to write (server/README.md, “Why so”). Random numbers: nothing to gain by compressing them.
  `create table record_keys (
    workspace_id uuid not null,
    run_id uuid not null,
    batch int not null,
    node_id text not null,
    day date not null,
    at timestamptz not null default now(),
    hashes bigint[] not null,
    trace_class text not null default 'standard',
    primary key (workspace_id, run_id, batch, node_id, day, trace_class)
  ) partition by list (trace_class)`,
  `alter table record_keys alter column hashes set storage external`,
  ...CLASSES.flatMap((name) => [
    `create table record_keys_${name} partition of record_keys for values in ('${name}') partition by range (day)`,
    `alter table record_keys_${name} enable row level security`,
    `alter table record_keys_${name} force row level security`,
  ]),
  `create table dropped_partitions (
    name text not null,
    dropped_at timestamptz not null default now(),
    kept text not null,
    trace_class text not null,
    day date not null,
    rows bigint not null,
    bytes bigint not null,
    policy_days int not null,
    primary key (name, dropped_at)
  )`,
  // What a document is about, where its key says more than that: “invoice 243216c5-…”, “4711:jane@example.com”.
  `create index effects_word on effects (workspace_id, lower(substring(document from '[^ :]+$'))) where document ~ '[ :]'`,
  `create index exceptions_about on exceptions (workspace_id, lower(business_key)) where business_key is not null`,
]

const TENANT = `nullif(current_setting('tieline.workspace', true), '')::uuid`
/** Whether runs still write into a day of a class. */
const isLive = (day: string, name: string) => `exists (select 1 from runs r
  where r.state in ('queued', 'running', 'waiting', 'paused') and r.day = ${day} and r.trace_class = ${name})`

const FUNCTIONS = [
  // Attached, not made in place: attaching does not stop those who write into other days.
  `create function tieline_ensure_partitions(first date, days int) returns void
   language plpgsql security definer set search_path = public, pg_temp as $body$
   declare d date; kept text; class text; part text; parent text;
   begin
     perform pg_advisory_xact_lock(hashtext('tieline_partitions'));
     for d in select first + n from generate_series(0, days - 1) n loop
       foreach kept in array array['steps', 'payloads', 'record_keys'] loop
         foreach class in array array['short', 'standard', 'long'] loop
           parent := kept || '_' || class;
           part := parent || '_' || to_char(d, 'YYYYMMDD');
           if to_regclass(part) is null then
             execute format('create table %I (like %I including all)', part, parent);
             execute format('alter table %I enable row level security', part);
             execute format('alter table %I force row level security', part);
             execute format('alter table %I attach partition %I for values from (%L) to (%L)', parent, part, d, d + 1);
           end if;
         end loop;
       end loop;
     end loop;
   end $body$`,
  // One partition a call, the oldest first, so that locks are short; answers its name. It waits a moment for those who
  // write, and fails with lock_not_available rather than hold them up. A day in which a run is still at work stays. A past
  // day of a class that nobody used goes at once: a backup has to lock every partition there is.
  `create function tieline_drop_partition(class text, content_days int, metadata_days int) returns text
   language plpgsql security definer set search_path = public, pg_temp set lock_timeout = '200ms' as $body$
   declare p record;
   begin
     for p in
       select c.oid, c.relname as name, k.kept, k.days, d.day, d.day < current_date - k.days as overdue
       from (values ('payloads', content_days), ('steps', metadata_days), ('record_keys', metadata_days)) k (kept, days)
       join pg_inherits i on i.inhparent = to_regclass(k.kept || '_' || class)
       join pg_class c on c.oid = i.inhrelid
       cross join lateral (select to_date(right(c.relname, 8), 'YYYYMMDD') as day) d
       where d.day < current_date - k.days or (d.day < current_date - 1 and pg_relation_size(c.oid) = 0)
       order by d.day, c.relname
     loop
       if not ${isLive('p.day', 'class')} then
         if p.overdue then
           insert into dropped_partitions (name, kept, trace_class, day, rows, bytes, policy_days)
           select p.name, p.kept, class, p.day, greatest(c.reltuples::bigint, pg_stat_get_live_tuples(p.oid), 0),
             pg_total_relation_size(p.oid), p.days from pg_class c where c.oid = p.oid;
         end if;
         execute format('drop table %I', p.name);
         return p.name;
       end if;
     end loop;
     return null;
   end $body$`,
  // An index over keys is dear to keep while a day is being written (9 µs a key) and not needed: a day's rows are read
  // through in 10 ms per 100,000 records. So it is built once, when a day is over and none of its runs is at work.
  `create function tieline_index_keys() returns text
   language plpgsql security definer set search_path = public, pg_temp
   set lock_timeout = '200ms' set maintenance_work_mem = '128MB' as $body$
   declare p record;
   begin
     for p in
       select c.oid, c.relname as name, class, to_date(right(c.relname, 8), 'YYYYMMDD') as day
       from unnest(array['short', 'standard', 'long']) class
       join pg_inherits i on i.inhparent = to_regclass('record_keys_' || class)
       join pg_class c on c.oid = i.inhrelid
       where right(c.relname, 8) < to_char(current_date, 'YYYYMMDD') and pg_relation_size(c.oid) > 0
         and to_regclass(c.relname || '_hashes') is null
       order by 4 desc
     loop
       if not ${isLive('p.day', 'p.class')} then
         execute format('create index %I on %I using gin (hashes)', p.name || '_hashes', p.name);
         return p.name;
       end if;
     end loop;
     return null;
   end $body$`,
  // The searches run as the owner: under row-level security the database may not use an index for conditions that could
  // tell of rows of others, and these could. Each asks for the workspace of its transaction, as the policies do.
  `create function tieline_find_reads(wanted bigint[], first date, last date, before timestamptz, most int)
   returns table (run_id uuid, batch int, node_id text, day date, trace_class text, at timestamptz)
   language plpgsql stable security definer set search_path = public, pg_temp set enable_seqscan = off set jit = off as $body$
   begin
     -- As text, so that it is planned for these days only.
     return query execute format(
       'select k.run_id, k.batch, k.node_id, k.day, k.trace_class, k.at from record_keys k
        where k.workspace_id = $1 and k.day between %L and %L and k.hashes && $2 and k.at < $3
        order by k.at desc limit %s', first, last, most) using ${TENANT}, wanted, before;
   end $body$`,
  `create function tieline_find_effects(wanted text[], words text[], most int)
   returns table (target_id int, document text, part text, kind char(1), call_id uuid, state text)
   language plpgsql stable security definer set search_path = public, pg_temp set jit = off as $body$
   begin
     return query
       select e.target_id, e.document, e.part, e.kind, e.call_id, e.state from targets t
       join effects e on e.workspace_id = t.workspace_id and e.target_id = t.id and e.document = any(wanted)
       where t.workspace_id = ${TENANT}
       union
       select e.target_id, e.document, e.part, e.kind, e.call_id, e.state from effects e
       where e.workspace_id = ${TENANT} and lower(substring(e.document from '[^ :]+$')) = any(words) and e.document ~ '[ :]'
       limit most;
   end $body$`,
  `create function tieline_find_exceptions(wanted text[], most int) returns table (id uuid)
   language plpgsql stable security definer set search_path = public, pg_temp set jit = off as $body$
   begin
     return query
       select e.id from exceptions e where e.workspace_id = ${TENANT} and lower(e.business_key) = any(wanted)
       order by e.id desc limit most;
   end $body$`,
]

const GRANTS = [
  `grant select on dropped_partitions to tieline_app, tieline_system`,
  ...[
    'tieline_ensure_partitions(date, int)',
    'tieline_drop_partition(text, int, int)',
    'tieline_index_keys()',
    'tieline_find_reads(bigint[], date, date, timestamptz, int)',
    'tieline_find_effects(text[], text[], int)',
    'tieline_find_exceptions(text[], int)',
  ].map((name) => `revoke execute on function ${name} from public`),
  `grant execute on function tieline_ensure_partitions(date, int), tieline_drop_partition(text, int, int),
    tieline_index_keys() to tieline_system`,
  `grant execute on function tieline_find_reads(bigint[], date, date, timestamptz, int),
    tieline_find_effects(text[], text[], int), tieline_find_exceptions(text[], int) to tieline_app`,
]
