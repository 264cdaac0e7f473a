import { runMigrations } from 'graphile-worker'
import { CompiledQuery, type Kysely, sql, type Transaction } from 'kysely'
import type { Pool } from './database.ts'
import type { Database } from './schema.ts'

/** Where Graphile Worker keeps its jobs. No rows of it are worth keeping: they are hints, and come again. */
export const GRAPHILE_SCHEMA = 'graphile_worker'

/**
 * Brings Graphile Worker's own schema forward, with the owner's login. In one transaction under a lock, like our own
 * migrations: of several processes that start at once, one does it and the others find it done.
 */
export async function migrateGraphile(db: Kysely<Database>): Promise<void> {
  await inTransaction(db, async (trx) => {
    await sql`select pg_advisory_xact_lock(hashtext('tieline graphile'))`.execute(trx)
    await runMigrations({ pgPool: poolOf(trx), schema: GRAPHILE_SCHEMA })
  })
}

/** Its tables have row-level security and no policy: only their owner would get through. Our workers must, too. */
export async function admitWorkers(db: Kysely<Database>): Promise<void> {
  await sql
    .raw(
      `do $$ declare t name; begin
        if not exists (select 1 from pg_roles where rolname = 'tieline_system') then return; end if;
        for t in select relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
          where n.nspname = '${GRAPHILE_SCHEMA}' and c.relkind = 'r'
            and not exists (select 1 from pg_policy p where p.polrelid = c.oid and p.polname = 'tieline_system')
        loop
          execute format('create policy tieline_system on ${GRAPHILE_SCHEMA}.%I to tieline_system using (true) with check (true)', t);
          execute format('grant select, insert, update, delete on ${GRAPHILE_SCHEMA}.%I to tieline_system', t);
        end loop;
        if not has_schema_privilege('tieline_system', '${GRAPHILE_SCHEMA}', 'usage') then
          grant usage on schema ${GRAPHILE_SCHEMA} to tieline_system;
        end if;
      exception when duplicate_object then null; -- another process was first
      end $$`,
    )
    .execute(db)
}

function inTransaction(db: Kysely<Database>, work: (trx: Transaction<Database>) => Promise<void>): Promise<void> {
  // Kysely says so of its transactions; a restore passes one.
  return db.isTransaction ? work(db as Transaction<Database>) : db.transaction().execute(work)
}

/**
 * A pool that lends one transaction. Graphile Worker begins and commits by itself and asks for tables that may not be
 * there: each of its transactions and statements becomes a savepoint of ours.
 */
function poolOf(trx: Transaction<Database>): Pool {
  const run = (text: string, values: readonly unknown[] = []) => trx.executeQuery(CompiledQuery.raw(text, [...values]))
  const guarded = async (text: string, values?: readonly unknown[]) => {
    await run('savepoint statement')
    try {
      const result = await run(text, values)
      await run('release savepoint statement')
      return result
    } catch (error) {
      await run('rollback to savepoint statement')
      throw error
    }
  }
  const inner: { readonly [text: string]: string } = {
    begin: 'savepoint migration',
    commit: 'release savepoint migration',
    rollback: 'rollback to savepoint migration',
  }
  const client = {
    query: (asked: string | { readonly text: string; readonly values?: readonly unknown[] }, values?: unknown[]) => {
      const text = typeof asked === 'string' ? asked : asked.text
      const instead = inner[text]
      if (instead) return run(instead)
      return guarded(text, typeof asked === 'string' ? values : asked.values)
    },
    release() {},
  }
  const pool = { connect: async () => client, listeners: () => [() => {}], options: { max: 1 } }
  // What Graphile Worker's migrations use of a pool is here: connect, query, release.
  return pool as unknown as Pool
}
