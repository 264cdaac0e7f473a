import { type Kysely, sql } from 'kysely'

// The transaction that keeps the database from cleaning up after itself, whoever has it open. The product's own logins
// are not shown what others do; the owner is, as far as it may see them (a superuser or member of pg_monitor all).
export async function up(db: Kysely<never>): Promise<void> {
  await sql`
    create function tieline_oldest_transaction() returns table (seconds float8, application text, pid int)
    language sql volatile security definer set search_path = pg_catalog, pg_temp as $body$
      select extract(epoch from clock_timestamp() - a.xact_start)::float8, a.application_name, a.pid
      from pg_stat_activity a
      where a.datname = current_database() and a.pid <> pg_backend_pid() and a.backend_type = 'client backend'
        and (a.backend_xid is not null or a.backend_xmin is not null)
      order by a.xact_start limit 1
    $body$
  `.execute(db)
  await sql`revoke execute on function tieline_oldest_transaction() from public`.execute(db)
  await sql`grant execute on function tieline_oldest_transaction() to tieline_system`.execute(db)
}
