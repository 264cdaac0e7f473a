import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { startPostgres } from '../../server/postgres/embedded.ts'
import { clearOrphan } from '../../server/postgres/postmaster.ts'
import { readRunFile } from '../../server/postgres/run-file.ts'
import { openDatabase } from '../../server/store/database/database.ts'
import { migrate } from '../../server/store/database/migrate.ts'

export type TestServer = {
  /** A database in which others can be made and dropped. */
  readonly adminUrl: string
  /** The migrated database that every test file gets a copy of. */
  readonly template: string
  /** Ends the server. Databases named in `kept` stay on disk, for a look at what failed. */
  stop(kept: readonly string[]): Promise<void>
}

const FOLDER = 'tieline-test-'
const QUIET = { info() {}, warn() {}, error: (message: string) => process.stderr.write(`${message}\n`) }

/**
 * Starts the server of a test run in the system's folder for temporary files; TEST_DATABASE_URL (a login that may
 * create databases and roles) names another one to use, TEST_POSTGRES_BIN the programs of an installed PostgreSQL.
 */
export async function startTestServer(): Promise<TestServer> {
  const given = process.env.TEST_DATABASE_URL
  if (given) return openServer(given)

  await clearLeftovers()
  const dataDir = mkdtempSync(join(tmpdir(), FOLDER))
  const embedded = await startPostgres({ dataDir, log: QUIET, testing: true, binDir: process.env.TEST_POSTGRES_BIN })
  const server = await openServer(embedded.url)
  return {
    ...server,
    async stop(kept) {
      await embedded.stop()
      if (kept.length === 0) return rmSync(dataDir, { recursive: true, force: true })
      process.stderr.write(
        `databases of failed test files: ${kept.join(', ')}. Look at them with: node test/support/open-kept.ts ${dataDir}\n`,
      )
    },
  }
}

async function openServer(adminUrl: string): Promise<TestServer> {
  const template = `tieline_template_${process.pid}`
  const admin = openDatabase({ url: adminUrl, max: 1 })
  await sql`drop database if exists ${sql.id(template)}`.execute(admin.db)
  await sql`create database ${sql.id(template)}`.execute(admin.db)
  const fresh = openDatabase({ url: onDatabase(adminUrl, template), max: 1 })
  try {
    await migrate(fresh.db)
  } finally {
    await fresh.close() // a template can be copied only while nobody is connected to it
  }
  return {
    adminUrl,
    template,
    async stop() {
      await sql`drop database if exists ${sql.id(template)}`.execute(admin.db)
      await admin.close()
    },
  }
}

/** The same server and login, another database. */
export function onDatabase(url: string, database: string): string {
  const other = new URL(url)
  other.pathname = `/${encodeURIComponent(database)}`
  return other.href
}

/** Removes what test runs left behind that were killed, and kept databases once they are a day old. */
async function clearLeftovers(): Promise<void> {
  const aDayAgo = Date.now() - 24 * 3600 * 1000
  for (const name of readdirSync(tmpdir())) {
    const folder = join(tmpdir(), name)
    if (!name.startsWith(FOLDER) || readRunFile(folder)) continue
    try {
      const killed = readdirSync(folder).includes('run.json')
      if (!killed && statSync(folder).mtimeMs > aDayAgo) continue
      await clearOrphan(join(folder, 'postgres'), () => {})
      rmSync(folder, { recursive: true, force: true })
    } catch {
      // another run is removing it
    }
  }
}
