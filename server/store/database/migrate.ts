import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Kysely, sql } from 'kysely'
import { type Migration, type MigrationProvider, type MigrationResultSet, Migrator } from 'kysely/migration'
import { isDeadlock } from './database-lost.ts'
import { DatabaseError } from './errors.ts'
import { admitWorkers, migrateGraphile } from './graphile.ts'
import type { Database } from './schema.ts'

/** The product's own migrations. */
export const MIGRATIONS = fileURLToPath(new URL('../../../migrations', import.meta.url))

const OLDEST_POSTGRES = 15

export type MigrateOptions = {
  readonly folder?: string
  /** Stop after this migration; a restore needs the schema its backup was made with. */
  readonly to?: string
}

/**
 * Brings a database, given with its owner's login, forward to the schema of this code, Graphile Worker's first: each in
 * one transaction, under a lock (of several processes starting at once, one does it and the others wait). There is no way back; a database that
 * is ahead of the code is refused with DATABASE_NEWER. Answers the names of the migrations it ran.
 */
export async function migrate(
  db: Kysely<Database>,
  { folder = MIGRATIONS, to }: MigrateOptions = {},
): Promise<string[]> {
  await refuseOldServer(db)
  const known = await migrationNames(folder)
  const done = await migrationsDone(db)
  const unknown = done.filter((name) => !known.includes(name))
  if (unknown.length > 0) {
    throw new DatabaseError(
      'DATABASE_NEWER',
      `the database is at schema ${done.at(-1)}, this version of the product knows schemas up to ${known.at(-1) ?? 'none'}. Start the newer version of the product, or restore a backup made with this one.`,
    )
  }
  await migrateGraphile(db)
  if (to && done.includes(to)) return [] // Kysely would go back to it
  if (done.length === known.length) {
    // Every process that starts comes by here: to load what is not run would take it a seventh of the time.
    await admitWorkers(db)
    return []
  }
  const migrator = new Migrator({ db, provider: provider(folder, known) })
  const { error, results = [] } = await unlessStopped(() => (to ? migrator.migrateTo(to) : migrator.migrateToLatest()))
  if (error) {
    const failed = results.find(({ status }) => status === 'Error')?.migrationName
    throw new DatabaseError(
      'MIGRATION_FAILED',
      `migration ${failed ?? 'of the database'} failed and was undone: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    )
  }
  await admitWorkers(db)
  return results.map(({ migrationName }) => migrationName)
}

/** Waits before the second and later tries, in milliseconds. */
const WAITS_MS = [100, 200, 400, 800, 1_600, 3_200]

/**
 * Processes of the version before are at work meanwhile, and take the same locks in their own order: where the database
 * lets them go on and stops the migration, all of it is undone and done again.
 */
async function unlessStopped(work: () => Promise<MigrationResultSet>): Promise<MigrationResultSet> {
  for (const wait of WAITS_MS) {
    const done = await work()
    if (!isDeadlock(done.error)) return done
    await sleep(wait * (0.5 + Math.random()))
  }
  return work()
}

/** The schema a database is at: the name of the last migration it went through; undefined before the first. */
export async function schemaVersion(db: Kysely<Database>): Promise<string | undefined> {
  return (await migrationsDone(db)).at(-1)
}

/** The names of the migrations in a folder, in their order. */
export async function migrationNames(folder: string = MIGRATIONS): Promise<string[]> {
  const files = await readdir(folder)
  return files
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.slice(0, -'.ts'.length))
    .sort()
}

function provider(folder: string, names: readonly string[]): MigrationProvider {
  return {
    async getMigrations() {
      // A migration module exports up(db); Kysely runs nothing else of it.
      const loaded = names.map(async (name) => [name, (await import(join(folder, `${name}.ts`))) as Migration] as const)
      return Object.fromEntries(await Promise.all(loaded))
    },
  }
}

async function migrationsDone(db: Kysely<Database>): Promise<string[]> {
  const { rows } = await sql<{
    there: boolean
  }>`select to_regclass('public.kysely_migration') is not null as there`.execute(db)
  if (!rows[0]?.there) return []
  const done = await sql<{ name: string }>`select name from public.kysely_migration order by name`.execute(db)
  return done.rows.map(({ name }) => name)
}

async function refuseOldServer(db: Kysely<Database>): Promise<void> {
  const { rows } = await sql<{
    version: number
  }>`select current_setting('server_version_num')::int / 10000 as version`.execute(db)
  const version = rows[0]?.version ?? 0
  if (version >= OLDEST_POSTGRES) return
  throw new DatabaseError(
    'DATABASE_TOO_OLD',
    `the database server is PostgreSQL ${version}; the product needs ${OLDEST_POSTGRES} or newer. Point DATABASE_URL at one, or unset it to use the embedded one.`,
  )
}
