import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'kysely'
import type { Config } from '../config.ts'
import { readRunFile } from '../postgres/run-file.ts'
import { openDatabase } from '../store/database/database.ts'
import { migrate } from '../store/database/migrate.ts'

/** The demo would have written into a database that somebody may need. */
export class DemoRefused extends Error {
  override name = 'DemoRefused'
  readonly code = 'DEMO_REFUSED'
}

const MARK = 'this-is-a-demo'

/**
 * Gives the demo a database without anything in it: the sandboxes begin anew at each start, so the demo does too. What
 * is there is thrown away only if a demo made it; anything else is refused.
 */
export async function makeFreshDemo(config: Config): Promise<void> {
  const mark = join(config.dataDir, MARK)
  if (config.databaseUrl) return emptyDatabase(config.databaseUrl)
  const running = readRunFile(config.dataDir)
  if (running)
    throw new DemoRefused(
      `A demo is running already (process ${running.pid}). Stop it first, or give this one a DATA_DIR of its own.`,
    )
  if (existsSync(join(config.dataDir, 'postgres')) && !existsSync(mark)) {
    throw new DemoRefused(
      `${config.dataDir} holds a database that no demo made, and a demo begins by emptying its own. Give it another DATA_DIR.`,
    )
  }
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 })
  rmSync(join(config.dataDir, 'postgres'), { recursive: true, force: true })
  writeFileSync(mark, 'The demo empties this folder when it starts.\n', { mode: 0o600 })
}

async function emptyDatabase(url: string): Promise<void> {
  const owner = openDatabase({ url, max: 1, applicationName: 'tieline demo' })
  try {
    await migrate(owner.db)
    const { rows } = await sql<{ demo: boolean; used: boolean }>`
      select exists (select 1 from installation where name = ${MARK}) as demo, exists (select 1 from users) as used
    `.execute(owner.db)
    const [found] = rows
    if (found?.used && !found.demo) {
      throw new DemoRefused(
        'DATABASE_URL names a database that is in use and was not made by a demo. Give the demo a database of its own.',
      )
    }
    const tables = await sql<{ name: string }>`
      select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition and c.relname not like 'kysely_%'
    `.execute(owner.db)
    await sql`truncate ${sql.join(tables.rows.map(({ name }) => sql.table(name)))}`.execute(owner.db)
    await sql`insert into installation (name, value) values (${MARK}, 'true')`.execute(owner.db)
  } finally {
    await owner.close()
  }
}
