import { execFile, spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { anchorKey, type Handover, keysBefore } from '../../server/audit/anchor.ts'
import { keyFingerprint } from '../../server/secret-key.ts'
import { loadConnection } from '../../server/store/connection-state.ts'
import { checkKey } from '../../server/store/key-check.ts'
import { keyringOf } from '../../server/store/kept-keys.ts'
import { rewrap, createKeyring, open, seal, SealBroken } from '../../server/store/secrets.ts'
import { SEALED, UNSEALED } from '../../server/store/sealed-columns.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { CHILD_ENV } from '../support/child-env.ts'

const run = promisify(execFile)
const dataDir = mkdtempSync(join(tmpdir(), 'tieline-keys-'))
const [first, second] = [randomBytes(32), randomBytes(32)]
const workspace = randomUUID()
const MANY = 450
const ids = Array.from({ length: MANY }, () => randomUUID())
let database: TestDatabase

beforeAll(async () => {
  database = await testDatabase()
  const keys = createKeyring(first)
  await checkKey(database.owner.db, keyFingerprint(first))
  await sql`insert into workspaces (id, name) values (${workspace}, 'Test')`.execute(database.owner.db)
  const sealed = (id: string, field: string, value: object) =>
    seal(keys, `connections/${workspace}/${id}/${field}`, JSON.stringify(value))
  await database.owner.db
    .insertInto('connections')
    .values(
      ids.map((id) => ({
        ...{ workspace_id: workspace, id, connector: 'http', name: id, login: 'bearer', settings: '{}' },
        secrets: sealed(id, 'secrets', { token: id }),
        tokens: sealed(id, 'tokens', { access: id, expiresAt: 1 }),
      })) as never, // columns with defaults are left out
    )
    .execute()
  const user = randomUUID()
  await sql`insert into users (id, email, name) values (${user}, 'a@example.com', 'A')`.execute(database.owner.db)
  await sql`insert into second_factors (user_id, secret)
    values (${user}, ${seal(keys, `users/${user}/second-factor`, 'base32')})`.execute(database.owner.db)
})
afterAll(async () => {
  await database.drop()
  rmSync(dataDir, { recursive: true })
})

const PROGRAM = fileURLToPath(new URL('../../server/commands/keys-rotate.ts', import.meta.url))
const environment = (more: Record<string, string>) => ({
  ...{ ...CHILD_ENV, DATA_DIR: dataDir, DATABASE_URL: database.url },
  ...more,
})
const hex = (key: Buffer) => key.toString('hex')

/** Connections whose secrets a key opens. */
async function opened(root: Buffer): Promise<number> {
  const keys = await keyringOf(database.owner.db, root).catch(() => createKeyring(root))
  const rows = await database.owner.db.selectFrom('connections').select(['id', 'secrets']).execute()
  return rows.filter(({ id, secrets }) => {
    try {
      return open(keys, `connections/${workspace}/${id}/secrets`, secrets).toString() === JSON.stringify({ token: id })
    } catch (error) {
      if (error instanceof SealBroken) return false
      throw error
    }
  }).length
}

test('every column of bytes is known: sealed, with its place, or not sealed', async () => {
  const { rows } = await sql<{ name: string }>`
    select c.relname || '.' || a.attname as name from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and a.atttypid = 'bytea'::regtype and not a.attisdropped order by 1
  `.execute(database.owner.db)
  const known = [...SEALED.map(({ table, column }) => `${table}.${column}`), ...UNSEALED].sort()
  expect(known).toEqual(rows.map(({ name }) => name).sort())
})

test('a value keeps what it holds, and opens with the other key in its own place only', () => {
  const [from, to] = [createKeyring(first), createKeyring(second)]
  const moved = rewrap(from, to, 'a/place', seal(from, 'a/place', 'what it holds'))
  expect(open(to, 'a/place', moved).toString()).toBe('what it holds')
  expect(() => open(from, 'a/place', moved)).toThrow('another key')
  expect(() => open(to, 'b/place', moved)).toThrow('changed or moved')
  expect(() => rewrap(from, to, 'b/place', seal(from, 'a/place', 'x'))).toThrow('changed or moved')
})

test('the key is replaced: killed in the middle it goes on, and the old key opens nothing afterwards', async () => {
  const env = environment({ SECRET_KEY: hex(first), NEW_SECRET_KEY: hex(second) })
  // It comes no further than to a row that somebody holds.
  await database.owner.db.transaction().execute(async (tx) => {
    await sql`select 1 from connections where workspace_id = ${workspace} order by id desc limit 1 for update`.execute(
      tx,
    )
    const child = spawn(process.execPath, [PROGRAM], { env, stdio: 'ignore' })
    const ended = once(child, 'exit')
    await expect.poll(() => opened(second), { timeout: 20_000 }).toBeGreaterThan(0)
    child.kill('SIGKILL')
    await ended
  })
  expect(await opened(first)).toBeGreaterThan(0)
  // Nobody starts meanwhile, and no other key gets in between.
  for (const key of [first, second]) {
    await expect(checkKey(database.owner.db, keyFingerprint(key))).rejects.toThrow(/^SECRET_KEY_HALFWAY: .*keys:rotate/)
  }
  const other = run(process.execPath, [PROGRAM], { env: { ...env, NEW_SECRET_KEY: hex(randomBytes(32)) } })
  await expect(other).rejects.toMatchObject({ stderr: expect.stringContaining('another key than the one given') })

  const { stdout } = await run(process.execPath, [PROGRAM], { env })
  expect(stdout).toContain('Start the product with the new key as SECRET_KEY')
  expect([await opened(first), await opened(second)]).toEqual([0, MANY])
  await checkKey(database.owner.db, keyFingerprint(second))
  await expect(checkKey(database.owner.db, keyFingerprint(first))).rejects.toThrow('SECRET_KEY_DIFFERENT')

  // What is looked for by its hash is found as before.
  const keys = await keyringOf(database.app.db, second)
  expect(keys.blind).toBe(createKeyring(first).blind)
  const state = await loadConnection(database.app.db, keys, workspace, ids[0]!)
  expect(state).toMatchObject({ secrets: { token: ids[0] }, tokens: { access: ids[0] } })
  // Anchors of before count: the new key vouches for the old one.
  const lines = readFileSync(join(dataDir, 'audit-anchors.jsonl'), 'utf8').trim().split('\n')
  const handovers = lines.map((line) => (JSON.parse(line) as { handover: Handover }).handover)
  expect(keysBefore(anchorKey(second), handovers)).toEqual([anchorKey(second), anchorKey(first)])
  const forged = { ...handovers[0]!, earlier: anchorKey(randomBytes(32)) }
  expect(keysBefore(anchorKey(second), [forged])).toEqual([anchorKey(second)])
})

test('a key in a file is replaced by one that is made for it, and once more', async () => {
  const file = join(dataDir, 'secret.key')
  writeFileSync(file, `${hex(second)}\n`, { mode: 0o600 })
  const { stdout } = await run(process.execPath, [PROGRAM], { env: environment({}) })
  expect(stdout).toContain(`connections.secrets: ${MANY}`)
  const third = Buffer.from(readFileSync(file, 'utf8').trim(), 'hex')
  expect(third.equals(second)).toBe(false)
  expect(readFileSync(`${file}.old`, 'utf8').trim()).toBe(hex(second))
  expect(existsSync(`${file}.next`)).toBe(false)
  expect([await opened(second), await opened(third)]).toEqual([0, MANY])
  expect((await keyringOf(database.app.db, third)).blind).toBe(createKeyring(first).blind)
})

test('not while the product is connected, and not with a key that is not the one', async () => {
  const wrong = run(process.execPath, [PROGRAM], {
    env: environment({ SECRET_KEY: hex(first), NEW_SECRET_KEY: hex(randomBytes(32)) }),
  })
  await expect(wrong).rejects.toMatchObject({ stderr: expect.stringContaining('not the one of this database') })
  await sql`set application_name = 'tieline app'`.execute(database.owner.db)
  const busy = run(process.execPath, [PROGRAM], { env: environment({}) })
  await expect(busy).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('Stop all of them first') })
})
