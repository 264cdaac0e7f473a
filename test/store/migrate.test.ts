import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import { type OpenDatabase, openDatabase } from '../../server/store/database/database.ts'
import { migrate, migrationNames, schemaVersion } from '../../server/store/database/migrate.ts'
import { emptyDatabase } from '../support/database.ts'

const root = mkdtempSync(join(tmpdir(), 'tieline-migrations-'))
afterAll(() => rmSync(root, { recursive: true }))

let database: { owner: OpenDatabase; url: string; drop(): Promise<void> }
beforeEach(async () => {
  database = await emptyDatabase()
})
afterEach(() => database.drop())

/** A folder of migrations: name → the statement each runs. A new folder each time, for Node loads a file only once. */
function migrations(statements: { [name: string]: string }): string {
  const folder = mkdtempSync(join(root, 'set-'))
  mkdirSync(folder, { recursive: true })
  const kysely = import.meta.resolve('kysely')
  for (const [name, statement] of Object.entries(statements)) {
    const code = `import { sql } from ${JSON.stringify(kysely)}\nexport const up = (db) => sql.raw(${JSON.stringify(statement)}).execute(db)\n`
    writeFileSync(join(folder, `${name}.ts`), code)
  }
  return folder
}

async function tables(): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select tablename as name from pg_tables where schemaname = 'public' and tablename not like 'kysely%' order by 1`.execute(
    database.owner.db,
  )
  return rows.map(({ name }) => name)
}

const FIRST = { '0001-a': 'create table a (id int)' }
const SECOND = { ...FIRST, '0002-b': 'create table b (id int)' }

test('an older database is brought forward, one that is up to date is left alone', async () => {
  expect(await schemaVersion(database.owner.db)).toBeUndefined()
  expect(await migrate(database.owner.db, { folder: migrations(FIRST) })).toEqual(['0001-a'])
  const newer = migrations(SECOND)
  expect(await migrate(database.owner.db, { folder: newer })).toEqual(['0002-b'])
  expect(await migrate(database.owner.db, { folder: newer })).toEqual([])
  expect(await schemaVersion(database.owner.db)).toBe('0002-b')
  expect(await tables()).toEqual(['a', 'b'])
})

test('a database that is ahead of the code is refused and not touched', async () => {
  await migrate(database.owner.db, { folder: migrations(SECOND) })
  const older = migrate(database.owner.db, { folder: migrations(FIRST) })
  await expect(older).rejects.toThrow(/^DATABASE_NEWER: the database is at schema 0002-b.*up to 0001-a/)
  expect(await tables()).toEqual(['a', 'b'])
})

test('a migration that fails is undone with those before it, and named', async () => {
  const folder = migrations({ ...FIRST, '0002-broken': 'create table nonsense (' })
  await expect(migrate(database.owner.db, { folder })).rejects.toThrow(
    /^MIGRATION_FAILED: migration 0002-broken failed/,
  )
  expect(await tables()).toEqual([])
  expect(await schemaVersion(database.owner.db)).toBeUndefined()
})

test('several processes that start at once migrate once', async () => {
  const folder = migrations(SECOND)
  const pools = Array.from({ length: 4 }, () => openDatabase({ url: database.url, max: 2 }))
  const done = await Promise.all(pools.map(({ db }) => migrate(db, { folder })))
  await Promise.all(pools.map((pool) => pool.close()))
  expect(done.map((names) => names.length).sort()).toEqual([0, 0, 0, 2])
})

test('can stop at a given schema, and never goes back to an earlier one', async () => {
  const folder = migrations(SECOND)
  expect(await migrate(database.owner.db, { folder, to: '0001-a' })).toEqual(['0001-a'])
  await migrate(database.owner.db, { folder })
  expect(await migrate(database.owner.db, { folder, to: '0001-a' })).toEqual([])
  expect(await tables()).toEqual(['a', 'b'])
})

test('a migration that is stopped by those at work, who hold what it needs and need what it holds, is done again', async () => {
  await migrate(database.owner.db, { folder: migrations(SECOND) })
  const folder = migrations({
    ...SECOND,
    '0003-c': 'lock table a in access exclusive mode; alter table b add column c int',
  })
  const pool = openDatabase({ url: database.url, max: 2 })
  try {
    const stopped = await pool.db.transaction().execute(async (tx) => {
      // It is not this one that gives way.
      await sql`set local deadlock_timeout = '1min'`.execute(tx)
      await sql`insert into b values (1)`.execute(tx)
      const migrated = migrate(database.owner.db, { folder })
      const isHeld = async () => {
        const { rows } = await sql`
          select 1 from pg_locks where relation = 'a'::regclass and mode = 'AccessExclusiveLock' and granted
        `.execute(pool.db)
        return rows.length > 0
      }
      while (!(await isHeld())) await new Promise((resolve) => setTimeout(resolve, 10))
      await sql`insert into a values (1)`.execute(tx)
      return { migrated }
    })
    expect(await stopped.migrated).toEqual(['0003-c'])
    const { rows } = await sql<{ n: number }>`
      select (select count(*) from a)::int + (select count(*) from b where c is null)::int as n
    `.execute(database.owner.db)
    expect(rows).toEqual([{ n: 2 }])
  } finally {
    await pool.close()
  }
})

test("the product's own migrations make a database from nothing", async () => {
  expect(await migrate(database.owner.db)).toEqual(await migrationNames())
})
