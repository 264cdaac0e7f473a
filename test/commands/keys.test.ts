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
import { loadConnection } from '../../server/store/connection/connection-state.ts'
import { openDatabase } from '../../server/store/database/database.ts'
import { checkKey, keysKnown } from '../../server/store/key/key-check.ts'
import { keyHolders } from '../../server/store/key/key-holders.ts'
import { readInventory } from '../../server/store/key/key-inventory.ts'
import { keptKeys, keyringOf } from '../../server/store/key/kept-keys.ts'
import { ensureLogins, loginName } from '../../server/store/database/logins.ts'
import { rewrap, createKeyring, keyFingerprint, open, seal, SealBroken } from '../../server/store/key/secrets.ts'
import { SEALED, UNSEALED } from '../../server/store/key/sealed-columns.ts'
import { signOfLife } from '../../server/store/database/workers.ts'
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
  await checkKey(database.owner.db, [keyFingerprint(first)])
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

test('the key is replaced while values are read and written: killed in the middle it goes on, and the old key opens nothing afterwards', async () => {
  const env = environment({ SECRET_KEY: hex(first), NEW_SECRET_KEY: hex(second) })
  const { db } = database.owner
  // It does not end while somebody holds a row, and it waits for nobody meanwhile.
  await db.transaction().execute(async (tx) => {
    await sql`select 1 from connections where workspace_id = ${workspace} order by id limit 1 for update`.execute(tx)
    const child = spawn(process.execPath, [PROGRAM], { env, stdio: 'ignore' })
    const ended = once(child, 'exit')
    await expect.poll(() => opened(second), { timeout: 60_000 }).toBe(MANY - 1)
    child.kill('SIGKILL')
    await ended
  })
  expect(await opened(first)).toBe(1)
  // Who has both keys opens all, and seals with the new one; nobody else comes in between.
  const both = await keyringOf(db, first, second)
  expect(both.fingerprint).toBe(keyFingerprint(second))
  const states = ids.map((id) => loadConnection(database.app.db, both, workspace, id))
  expect((await Promise.all(states)).map((state) => state?.secrets)).toEqual(ids.map((token) => ({ token })))
  await checkKey(db, [first, second].map(keyFingerprint))
  for (const key of [first, second]) {
    await expect(checkKey(db, [keyFingerprint(key)])).rejects.toThrow(/^SECRET_KEY_HALFWAY: .*keys:rotate/)
  }
  const other = run(process.execPath, [PROGRAM], { env: { ...env, NEW_SECRET_KEY: hex(randomBytes(32)) } })
  await expect(other).rejects.toMatchObject({ stderr: expect.stringContaining('another key than the one given') })

  // Nobody runs: it ends the old key at once.
  const { stdout } = await run(process.execPath, [PROGRAM], { env })
  expect(stdout).toContain('it is the SECRET_KEY from now on')
  expect(stdout).toContain('The old key may be deleted')
  expect([await opened(first), await opened(second)]).toEqual([0, MANY])
  await checkKey(db, [keyFingerprint(second)])
  await expect(checkKey(db, [keyFingerprint(first)])).rejects.toThrow('SECRET_KEY_DIFFERENT')
  const [was, is] = (await readInventory(db)).keys
  expect(was).toMatchObject({ fingerprint: keyFingerprint(first), endedAt: expect.any(String) })
  expect(is).toMatchObject({ fingerprint: keyFingerprint(second), replacedAt: null })

  // What is looked for by its hash is found as before.
  const keys = await keyringOf(database.app.db, second)
  expect(keys.blind).toBe(createKeyring(first).blind)
  // Nobody gets in by the login of its time; who starts gets another, which follows from no key.
  const late = openDatabase({ url: database.appUrl, max: 1 })
  await expect(sql`select 1`.execute(late.db)).rejects.toThrow(/not permitted to log in|password/)
  await late.close()
  const { logins } = (await keptKeys(db, keys))!
  const { appUrl } = await ensureLogins(database.owner, second, logins)
  expect(decodeURIComponent(new URL(appUrl).username)).toBe(loginName(database.name, 'app', 1))
  const next = openDatabase({ url: appUrl, max: 1 })
  await sql`select 1 from connections`.execute(next.db)
  await next.close()

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
  const keys = await keyringOf(database.owner.db, third)
  expect(keys.blind).toBe(createKeyring(first).blind)
  expect((await keptKeys(database.owner.db, keys))!.logins!.set).toBe(0)
  const shown = await run(process.execPath, [PROGRAM, '--show'], { env: environment({}) })
  expect(shown.stdout.trim().split('\n')).toEqual([
    expect.stringMatching(`^${keyFingerprint(first)}: ended .*; 0 of ${2 * MANY + 1} values .*; held by 0 processes$`),
    expect.stringMatching(`^${keyFingerprint(second)}: ended `),
    expect.stringMatching(`^${keyFingerprint(third)}: counts, since .* 0 days; ${2 * MANY + 1} of .*\\(100 %\\)`),
  ])
})

test('two at once, each with a new key of its own: one replaces it, the other changes nothing', async () => {
  const file = join(dataDir, 'secret.key')
  const { db } = database.owner
  const fresh = [randomBytes(32), randomBytes(32)]
  let ended = 0
  let asked: Promise<PromiseSettledResult<{ stdout: string }>[]> | undefined
  // Both have looked which key counts before either can write down that it replaces it.
  await db.transaction().execute(async (tx) => {
    await sql`lock table installation in share row exclusive mode`.execute(tx)
    asked = Promise.allSettled(
      fresh.map((key) => {
        const env = environment({ SECRET_KEY: readFileSync(file, 'utf8').trim(), NEW_SECRET_KEY: hex(key) })
        return run(process.execPath, [PROGRAM], { env }).finally(() => ended++)
      }),
    )
    const waiting = async () => {
      await sql`select pg_stat_clear_snapshot()`.execute(tx)
      const { rows } = await sql`select from pg_stat_activity
        where application_name = 'tieline keys:rotate' and wait_event_type = 'Lock'`.execute(tx)
      return rows.length
    }
    while ((await waiting()) + ended < 2);
  })
  const answers = await asked!
  const [won, lost] = answers[0]!.status === 'fulfilled' ? [0, 1] : [1, 0]
  expect(answers[won]).toMatchObject({ status: 'fulfilled' })
  expect(answers[lost]).toMatchObject({ reason: { stderr: expect.stringContaining('npm run keys:rotate is at work') } })
  expect([await opened(fresh[won]!), await opened(fresh[lost]!)]).toEqual([MANY, 0])
  expect(await keysKnown(db)).toEqual({ now: keyFingerprint(fresh[won]!), replacing: undefined })
  writeFileSync(file, `${hex(fresh[won]!)}\n`)
})

test('not while a process lacks the new key, and not with a key that is not the one', async () => {
  const wrong = run(process.execPath, [PROGRAM], {
    env: environment({ SECRET_KEY: hex(first), NEW_SECRET_KEY: hex(randomBytes(32)) }),
  })
  await expect(wrong).rejects.toMatchObject({ stderr: expect.stringContaining('not the one of this database') })
  const third = readFileSync(join(dataDir, 'secret.key'), 'utf8').trim()
  const far = { id: 'far/7/0a1b2c3d', host: 'far', pid: 7, role: 'worker', version: '1', schema: '', slots: 1 } as const
  const keys = [keyFingerprint(Buffer.from(third, 'hex'))]
  await signOfLife(database.owner.db, far, { running: 0, state: 'idle', keys })
  const busy = run(process.execPath, [PROGRAM], {
    env: environment({ SECRET_KEY: third, NEW_SECRET_KEY: hex(randomBytes(32)) }),
  })
  await expect(busy).rejects.toMatchObject({
    ...{ code: 1, stderr: expect.stringContaining('Process 7 on far: without the new key. For each, start it again') },
  })
  expect((await keysKnown(database.owner.db)).replacing).toBeUndefined()
  // Whose process gives no sign is not overlooked.
  const named = async (name: string) => {
    await sql`select set_config('application_name', ${name}, false)`.execute(database.owner.db)
    return (await keyHolders(database.owner.db)).strangers.map(({ application }) => application)
  }
  expect(await named('tieline app 0a1b2c3d')).toEqual([])
  expect(await named('tieline jobs 99999999')).toEqual(['tieline jobs 99999999'])
  expect(await named('tieline app')).toEqual(['tieline app'])
})
