import { execFile } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { deleteAgain } from '../../server/close/end-deletion.ts'
import { startPostgres } from '../../server/postgres/embedded.ts'
import { secretKey } from '../../server/secret-key.ts'
import { writeBackup } from '../../server/store/backup/backup.ts'
import { proofKey } from '../../server/store/backup/backup-proof.ts'
import { type OpenDatabase, openDatabase } from '../../server/store/database/database.ts'
import { eraseInRun, noteErasure, personOf } from '../../server/store/erasure/erase.ts'
import { eraseAgain } from '../../server/store/erasure/erase-again.ts'
import { ERASURE_FILE, erasureRecord, nameOf, readErasures } from '../../server/store/erasure/erasure-record.ts'
import { newId } from '../../server/store/database/ids.ts'
import { migrate } from '../../server/store/database/migrate.ts'
import { holdKeys } from '../../server/store/key/key-lock.ts'
import { productApplication } from '../../server/store/key/key-holders.ts'
import { arrayText, hashKeys } from '../../server/store/key/record-keys.ts'
import { restoreBackup } from '../../server/store/backup/restore.ts'
import { exceptionPlace } from '../../server/store/exception/retries.ts'
import { createKeyring, type Keyring, seal } from '../../server/store/key/secrets.ts'
import { insertSuppressions, suppressionHash } from '../../server/store/effect/suppressions.ts'
import { emptyDatabase, type TestDatabase, testDatabase } from '../support/database.ts'
import { CHILD_ENV } from '../support/child-env.ts'

const run = promisify(execFile)
const folder = mkdtempSync(join(tmpdir(), 'tieline-backup-'))
const file = join(folder, 'all.backup')
/** Of an older version and of few rows: what is wrong with a file is found in this one as in the other, and sooner. */
const small = join(folder, 'small.backup')
const OLDER = '0010-traces'
const KEY = 'the same key'
const PROOF = proofKey(Buffer.alloc(32, 7))
let source: TestDatabase
let target: { owner: OpenDatabase; url: string; drop(): Promise<void> }
let said: string[]
const say = (line: string) => void said.push(line)

beforeAll(async () => {
  said = []
  source = await testDatabase()
  await fill(source.owner)
  await writeBackup({ url: source.url, file, key: KEY, proof: PROOF, say })
  const older = await emptyDatabase()
  await migrate(older.owner.db, { to: OLDER })
  await older.owner.db
    .insertInto('installation')
    .values(['ant', 'zebra'].map((name) => ({ name, value: JSON.stringify(name.repeat(100)) })))
    .execute()
  await writeBackup({ url: older.url, file: small, key: KEY, proof: PROOF, say })
  await older.drop()
})
afterAll(async () => {
  await source.drop()
  rmSync(folder, { recursive: true })
})
beforeEach(async () => {
  said = []
  target = await emptyDatabase()
})
afterEach(() => target.drop())

const restore = (options: Partial<Parameters<typeof restoreBackup>[0]> = {}) =>
  restoreBackup({ url: target.url, file, keys: [KEY], proofs: [PROOF], force: false, say, ...options })

describe('a backup', () => {
  test('brings back every row of every table, whatever is in it', async () => {
    const { rows, tables } = await restore()
    expect(await contentOf(target.owner)).toEqual(await contentOf(source.owner))
    expect(rows).toBe(3 + 1 + 60 + 2 + 2)
    expect(tables).toBeGreaterThan(20)
    expect(said).toContain('public.installation: 3 rows')
  })

  test('brings back days of history that a new database has no partition for', async () => {
    await restore()
    const day = await sql`select day, tableoid::regclass::text as part from steps order by day`.execute(target.owner.db)
    expect(day.rows[0]).toEqual({ day: '2020-02-29', part: 'steps_standard_20200229' })
    const guarded = await sql`
      select relrowsecurity, relforcerowsecurity from pg_class where relname = 'steps_standard_20200229'`.execute(
      target.owner.db,
    )
    expect(guarded.rows).toEqual([{ relrowsecurity: true, relforcerowsecurity: true }])
  })

  test('lets numbering go on where it was, and rules stand as they did', async () => {
    await restore()
    const next = await target.owner.db
      .insertInto('targets')
      .values({ workspace_id: randomUUID(), connection_id: randomUUID(), operation: 'next' })
      .returning('id')
      .executeTakeFirstOrThrow()
    expect(next.id).toBe(3)
    const loose = await sql`
      select relname from pg_class c where relname in ('runs', 'effects') and not relforcerowsecurity
      union select tgname from pg_trigger where tgenabled = 'D'`.execute(target.owner.db)
    expect(loose.rows).toEqual([])
  })

  test('is readable by its owner only, and never overwritten', async () => {
    expect(statSync(file).mode & 0o777).toBe(0o600)
    await expect(writeBackup({ url: source.url, file, key: KEY, proof: PROOF, say })).rejects.toThrow('exists already')
    expect(existsSync(`${file}.part`)).toBe(false)
    // Nor through a link, or into a file, that somebody else has put into a folder of many.
    const [trap, theirs] = [join(folder, 'trap.backup'), join(folder, 'theirs')]
    symlinkSync(theirs, `${trap}.part`)
    await expect(writeBackup({ url: source.url, file: trap, key: KEY, proof: PROOF, say })).rejects.toThrow('Remove it')
    expect(existsSync(theirs)).toBe(false)
    symlinkSync(theirs, join(folder, 'dangling.backup'))
    const dangling = { url: source.url, file: join(folder, 'dangling.backup'), key: KEY, proof: PROOF, say }
    await expect(writeBackup(dangling)).rejects.toThrow('exists already')
    expect([existsSync(theirs), existsSync(`${dangling.file}.part`)]).toEqual([false, false])
  })

  test('shows one moment: what is written meanwhile is not half in it', async () => {
    const during = join(folder, 'during.backup')
    const insertWhenStarted = (line: string) => {
      if (line.startsWith('public.')) void writing()
    }
    let wrote: Promise<unknown> | undefined
    const writing = () => {
      wrote ??= Promise.all([
        sql`insert into installation values ('written-meanwhile', '1')`.execute(source.owner.db),
        sql`insert into workspaces (id, name) values (${randomUUID()}, 'written-meanwhile')`.execute(source.owner.db),
      ])
      return wrote
    }
    await writeBackup({ url: source.url, file: during, key: KEY, proof: PROOF, say: insertWhenStarted })
    await wrote
    expect(zstdDecompressSync(readFileSync(during)).toString()).not.toContain('written-meanwhile')
    await sql`delete from installation where name = 'written-meanwhile'`.execute(source.owner.db)
    await sql`delete from workspaces where name = 'written-meanwhile'`.execute(source.owner.db)
  })

  test('works for an owner who is no superuser, on a server of somebody else', async () => {
    const stranger = await ordinaryOwner()
    await restoreBackup({ url: stranger.url, file, keys: [KEY], proofs: [PROOF], force: false, say })
    const owner = openDatabase({ url: stranger.url, max: 1 })
    expect(await contentOf(owner)).toEqual(await contentOf(source.owner))
    const again = join(folder, 'stranger.backup')
    await writeBackup({ url: stranger.url, file: again, key: KEY, proof: PROOF, say })
    await owner.close()
    await restore({ file: again })
    expect(await contentOf(target.owner)).toEqual(await contentOf(source.owner))
    await stranger.drop()
  })
})

describe('a restore', () => {
  test('refuses a database that holds rows, unless told to replace them', async () => {
    await migrate(target.owner.db)
    await sql`insert into installation values ('mine', '1')`.execute(target.owner.db)
    await expect(restore()).rejects.toThrow(/^DATABASE_NOT_EMPTY: .*installation.*--force/)
    expect(await names(target.owner)).toEqual(['mine'])
    // Nor while a process works in it, whatever it was told.
    const working = openDatabase({ url: target.url, max: 1, applicationName: productApplication('app', 'here/1/abc') })
    await sql`select 1`.execute(working.db)
    await expect(restore({ force: true })).rejects.toThrow(/^PRODUCT_RUNNING: 1 processes .*Nothing was changed/)
    expect(await names(target.owner)).toEqual(['mine'])
    await working.close()
    // Nor while the key that everything is sealed with is being replaced.
    const replacing = openDatabase({ url: target.url, max: 1 })
    expect(await holdKeys(replacing.db)).toBe(true)
    await expect(restore({ force: true })).rejects.toThrow(
      /^PRODUCT_RUNNING: npm run keys:rotate .*Nothing was changed/,
    )
    expect(await names(target.owner)).toEqual(['mine'])
    await replacing.close()
    await restore({ force: true })
    expect(await contentOf(target.owner)).toEqual(await contentOf(source.owner))
  })

  test.each([
    ['cut off', (whole: Buffer) => whole.subarray(0, whole.length - 40)],
    ['damaged', (whole: Buffer) => Buffer.concat([whole.subarray(0, 600), Buffer.alloc(64), whole.subarray(664)])],
    ['something else', () => Buffer.from('PK not a backup')],
    ['another compressed text', () => zstdCompressSync(Buffer.from('{"hello":1}\n'))],
  ])('of a file that is %s changes nothing', async (_, spoil) => {
    const bad = join(folder, `${randomUUID()}.backup`)
    writeFileSync(bad, spoil(readFileSync(file)))
    await migrate(target.owner.db, { to: OLDER })
    await sql`insert into installation values ('mine', '1')`.execute(target.owner.db)
    await expect(restore({ file: bad, force: true })).rejects.toThrow(/^BACKUP_UNREADABLE: /)
    expect(await names(target.owner)).toEqual(['mine'])
  })

  const altered = (change: (text: string) => string): string => {
    const text = zstdDecompressSync(readFileSync(small)).toString()
    expect(change(text)).not.toBe(text)
    const bad = join(folder, `${randomUUID()}.backup`)
    writeFileSync(bad, zstdCompressSync(Buffer.from(change(text))))
    return bad
  }

  test.each([
    ['too few rows', (text: string) => text.replace(/^zebra\t.*\n/m, '')],
    ['a table less', (text: string) => text.replace(/^\{"table":"public.users"(.|\n)*?\n\\\.\n.*\n/m, '')],
  ])('notices %s', async (_, change) => {
    await expect(restore({ file: altered(change), unproven: true })).rejects.toThrow(/^ROWS_MISSING: /)
    const left = await sql`select 1 from pg_tables where schemaname = 'public'`.execute(target.owner.db)
    expect(left.rows).toEqual([])
  })

  test('of rows that were changed after the backup was made is refused, unless somebody says that they may be', async () => {
    const renamed = altered((text) => text.replaceAll('zebra', 'zobra'))
    await expect(restore({ file: renamed })).rejects.toThrow(/^BACKUP_UNPROVEN: .*changed after it was made/)
    const other = altered((text) => text.replace(`"key":"${KEY}"`, '"key":"another"'))
    await expect(restore({ file: other })).rejects.toThrow(/^BACKUP_UNPROVEN: .*another secret key/)
    const bare = altered((text) => text.replace(/,"proof":"\w+"/, ''))
    await expect(restore({ file: bare })).rejects.toThrow(/^BACKUP_UNPROVEN: .*did not seal/)
    expect(await sql`select 1 from pg_tables where schemaname = 'public'`.execute(target.owner.db)).toMatchObject({
      rows: [],
    })
    await restore({ file: renamed, unproven: true })
    expect(said.join('\n')).toContain('taken as it is: it was changed')
    expect(await names(target.owner)).toContain('zobra')
  })

  test('of a file with SQL in the place of a name carries nothing of it out', async () => {
    const made = join(folder, 'made-by-sql')
    const run = `copy (select 1) to '${made}'`
    const stranger = (fields: object) => (text: string) =>
      text.replace(
        /"partitions":\[\{/,
        (begin) => `${begin.slice(0, -1)}${JSON.stringify({ ...PARTITION, ...fields })},{`,
      )
    const PARTITION = { name: 'public.x', parent: 'public.runs', bound: 'DEFAULT', secured: false, forced: false }
    for (const change of [
      stranger({ bound: `DEFAULT; ${run}` }),
      stranger({ parent: `public.runs default; ${run}; --` }),
      stranger({ name: `public.x partition of public.runs default; ${run}; --` }),
      (text: string) =>
        text.replace(
          '{"table":"public.users","columns":["',
          (begin) => `${begin}id) from program 'touch ${made}' --","`,
        ),
    ]) {
      await expect(restore({ file: altered(change), unproven: true })).rejects.toThrow(/^BACKUP_UNREADABLE: /)
    }
    expect(existsSync(made)).toBe(false)
  })

  test('of a file that is broken in any way is refused by name, whoever says that it may be taken', async () => {
    const changes: ((text: string) => string)[] = [
      // Before anything is begun.
      () => '',
      () => 'null\n',
      () => '{}\n',
      (text) => text.replace(/"made":"[^"]*"/, '"made":"yesterday"'),
      (text) => text.replace(/"partitions":\[.*?\],"sequences"/, '"partitions":null,"sequences"'),
      (text) => text.replace(/"partitions":\[/, '"partitions":[null,'),
      (text) => text.replace(/"sequences":\[/, '"sequences":[{"name":"public.x","value":"now()"},'),
      // In the middle.
      (text) => text.slice(0, text.length / 2),
      (text) => text.replace('{"table":"public.users"', '7\n{"table":"public.users"'),
      (text) => text.replace('{"table":"public.users","columns":', '{"table":"public.users","cols":'),
      (text) => text.replace(/\n\\\.\n\{"rows":\d+\}/, '\n\\.\nnull'),
      (text) => text.replace(/"end":true,"tables":\d+/, '"end":true,"tables":1'),
    ]
    for (const [number, change] of changes.entries()) {
      const refused = restore({ file: altered(change), unproven: true })
      await expect(refused, String(number)).rejects.toThrow(
        /^(?:BACKUP_UNREADABLE|ROWS_MISSING): .*Nothing was changed/,
      )
    }
    expect(await sql`select 1 from pg_tables where schemaname = 'public'`.execute(target.owner.db)).toMatchObject({
      rows: [],
    })
  }, 360_000)

  test('of a file that unpacks without an end is given up soon', async () => {
    const bomb = join(folder, 'bomb.backup')
    writeFileSync(bomb, zstdCompressSync(`{"tieline":"backup","schema":"${'x'.repeat(100_000_000)}`))
    expect(statSync(bomb).size).toBeLessThan(100_000)
    await expect(restore({ file: bomb })).rejects.toThrow(/^BACKUP_UNREADABLE: .*longer than any/)
  })

  test('of a backup from a newer product is refused by name', async () => {
    const newer = join(folder, 'newer.backup')
    const text = zstdDecompressSync(readFileSync(file)).toString()
    writeFileSync(newer, zstdCompressSync(Buffer.from(text.replace(/"schema":"[^"]*"/, '"schema":"9999-future"'))))
    await expect(restore({ file: newer })).rejects.toThrow(/^BACKUP_NEWER: .*9999-future/)
  })

  test('of what was at work lets nothing go on by itself, unless nothing has run since', async () => {
    const at = join(folder, `${randomUUID()}.backup`)
    await migrate(target.owner.db)
    const { workspace, on, call } = await atWork(target.owner)
    await writeBackup({ url: target.url, file: at, key: KEY, proof: PROOF, say })
    const before = await contentOf(target.owner)
    const statesOf = async (query: string) =>
      (await sql.raw<{ state: string | null }>(query).execute(target.owner.db)).rows.map(({ state }) => state)
    const { held } = await restore({ file: at, force: true })
    expect(held).toEqual({ flows: 2, runs: 3, calls: 1 })
    // Queued, running, waiting; to be cancelled; dry; over.
    expect(await statesOf('select state from runs order by id')).toEqual([
      ...['paused', 'paused', 'paused', 'running', 'queued', 'succeeded'],
    ])
    expect(await statesOf('select paused_code as state from flows order by id')).toEqual([
      ...['RESTORED', 'RESTORED', null, null, null, null],
    ])
    expect(await statesOf(`select state from calls where id = '${call}'`)).toEqual(['sent'])
    expect(await statesOf('select refused as state from turn_ons')).toEqual([expect.stringContaining('restored')])
    const { rows } = await sql`select action, detail ->> 'runs' as runs, detail -> 'flows' as flows
      from audit_entries where workspace_id = ${workspace}`.execute(target.owner.db)
    expect(rows).toEqual([{ action: 'backup.restore', runs: '3', flows: on }])

    expect((await restore({ file: at, force: true, moved: true })).held).toBeNull()
    expect(await contentOf(target.owner)).toEqual(before)
  })

  test('warns when the secret key is another than the backup needs', async () => {
    const other = { keys: ['another key'], proofs: [proofKey(Buffer.alloc(32, 8))] }
    await expect(restore(other)).rejects.toThrow(/^BACKUP_UNPROVEN: .*another secret key.*--unproven/)
    await restore({ ...other, unproven: true })
    expect(said.join('\n')).toContain('made with another secret key')
  })
})

describe('on the command line', () => {
  const command = (name: string, args: string[], dataDir: string, env: Record<string, string> = {}) => {
    const program = fileURLToPath(new URL(`../../server/commands/${name}.ts`, import.meta.url))
    return run(process.execPath, [program, ...args], { env: { ...CHILD_ENV, DATA_DIR: dataDir, ...env } })
  }
  const quiet = { info() {}, warn() {}, error() {} }

  test('a running product is backed up, and a new data directory filled from that', async () => {
    const [first, second, out] = [join(folder, 'first'), join(folder, 'second'), join(folder, 'cli.backup')]
    secretKey({ secretKey: undefined, dataDir: first })
    const product = await startPostgres({ dataDir: first, log: quiet, testing: true })
    const owner = openDatabase({ url: product.url, max: 1 })
    await migrate(owner.db)
    await fill(owner)
    expect((await command('backup', [out], first)).stdout).toMatch(/wrote 68 rows of \d+ tables to .*cli\.backup/)
    await expect(command('restore', [out, '--force'], first)).rejects.toMatchObject({
      stderr: expect.stringContaining('DATA_DIR_IN_USE'),
    })
    const before = await contentOf(owner)
    await owner.close()
    await product.stop()

    mkdirSync(second, { mode: 0o700 })
    copyFileSync(join(first, 'secret.key'), join(second, 'secret.key'))
    expect((await command('restore', [out], second)).stdout).toMatch(/restored 68 rows/)
    await expect(command('restore', [out], second)).rejects.toMatchObject({
      ...{ code: 1, stderr: expect.stringMatching(/^DATABASE_NOT_EMPTY: [^\n]*\n$/) },
    })
    const restored = await startPostgres({ dataDir: second, log: quiet, testing: true })
    const reader = openDatabase({ url: restored.url, max: 1 })
    expect(await contentOf(reader)).toEqual(before)
    await reader.close()
    await restored.stop()
  }, 360_000)

  test('whom somebody erased after the backup stays erased, by the record or by the database that is replaced', async () => {
    const dataDir = join(folder, 'erased')
    const root = secretKey({ secretKey: undefined, dataDir })
    const keys = createKeyring(root)
    const [old, record] = [join(folder, 'before.backup'), join(dataDir, ERASURE_FILE)]
    const on = (url: string) => ({ DATABASE_URL: url })
    const { workspace, gone, erase } = await twoPeople(source.owner, keys)
    await command('backup', [old], dataDir, on(source.url))
    await erase()
    const unknowing = await command('restore', [old], dataDir, on(target.url))
    expect(unknowing.stdout).toContain(`there is no record of erasures (${record})`)
    const [ann, bob, cat] = ['ann', 'bob', 'cat'].map((one) => ({ email: `${one}@example.com` }))
    expect(await keptOf(target.owner.db, workspace)).toEqual({ records: [ann, bob, cat], exception: 'No.' })

    await erasureRecord(record).keep(source.owner.db)
    expect(readFileSync(record, 'utf8')).not.toMatch(/ann|example/)
    const { erasures } = await readErasures(record)
    const blank = { records: [ann, bob, cat].map(() => ({ erased: true })), exception: 'The record was erased.' }
    const strange = { roots: [randomBytes(32)] as const, erasures, sameKey: false, deleteWorkspace: deleteAgain }
    const undone = target.owner.db.transaction().execute(async (tx) => {
      await expect(eraseAgain(tx, { ...strange, blankRuns: false })).rejects.toThrow(/^ERASURES_NEED_KEY: 1 erasures/)
      await eraseAgain(tx, { ...strange, blankRuns: true })
      expect(await keptOf(tx, workspace)).toEqual(blank)
      throw new Error('undone')
    })
    await expect(undone).rejects.toThrow('undone')

    // What the database knows that is replaced counts as well.
    await target.owner.db.transaction().execute(async (tx) => {
      const done = { records: 0, exceptions: 0, events: 0, runs: 0, reason: 'Bob asked', by: newId() }
      await noteErasure(tx, workspace, personOf(keys, workspace, new Set(['bob@example.com'])), done)
    })
    const { stdout } = await command('restore', [old, '--force'], dataDir, on(target.url))
    expect(stdout).toContain(
      'erased again: 2 erasures from after the backup (2 records, 1 exceptions, 0 events in 2 runs)',
    )
    expect(stdout).toContain('who must not be written to: 1')
    expect(stdout).toContain('deleted again: 1 workspaces')
    expect(stdout).toMatch(/the record of erasures is complete up to 20/)
    expect(await keptOf(target.owner.db, workspace)).toEqual({ ...blank, records: [...blank.records.slice(1), cat] })
    expect(await keptOf(target.owner.db, gone)).toEqual({ records: [], exception: undefined })
    const { rows } = await sql`
      select action, jsonb_array_length(detail -> 'erasures') as n from audit_entries where workspace_id = ${workspace}
      union all select reason, count(*) from suppressions where lifted_at is null group by reason`.execute(
      target.owner.db,
    )
    expect(rows).toEqual([
      { action: 'person.erase-again', n: 2 },
      { action: 'Done again: a backup from before was restored.', n: 1 },
    ])
  })

  test('the record takes what is new, once, whoever else writes it and wherever a process died', async () => {
    const file = join(folder, 'record', ERASURE_FILE)
    const [one, other] = [erasureRecord(file), erasureRecord(file)]
    const lines = () =>
      readFileSync(file, 'utf8')
        .split('\n')
        .slice(0, -1)
        .map((line) => nameOf(JSON.parse(line)))
    await one.keep(source.owner.db)
    const first = lines()
    expect(first.length).toBeGreaterThan(0)
    await sql`update suppressions set lifted_at = now(), lifted_by = id, lift_reason = 'Asked'`.execute(source.owner.db)
    appendFileSync(file, '{"kind":"eras')
    await Promise.all([other.keep(source.owner.db), other.keep(source.owner.db)])
    await one.keep(source.owner.db)
    expect(lines()).toEqual([...first, expect.stringMatching(/^lifted /)])
    const until = (await readErasures(file)).until
    expect(Date.now() - until.getTime()).toBeLessThan(60_000)
    appendFileSync(file, '{"kind":"else"}\n')
    await expect(readErasures(file)).rejects.toThrow(`${file}, line ${first.length + 2}, is not readable`)
  })

  test('a backup of nothing says so and makes nothing', async () => {
    const nowhere = join(folder, 'nowhere')
    await expect(command('backup', [], nowhere)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no database in'),
    })
    expect(existsSync(nowhere)).toBe(false)
  })
})

/** Flows that are on and one that is off, runs in every state, and a call that was written down but not made. */
async function atWork({ db }: OpenDatabase) {
  const [workspace, call] = [newId(), newId()]
  await db.insertInto('workspaces').values({ id: workspace, name: 'At work' }).execute()
  const runs = [
    { state: 'queued', on: true, cancelled: false, dry: false },
    { state: 'running', on: true, cancelled: false, dry: false },
    { state: 'waiting', on: false, cancelled: false, dry: false },
    { state: 'running', on: false, cancelled: true, dry: false },
    { state: 'queued', on: false, cancelled: false, dry: true },
    { state: 'succeeded', on: false, cancelled: false, dry: false },
  ].map((one) => ({ ...one, id: newId(), flow: newId() }))
  for (const { id, flow, state, on, cancelled, dry } of runs) {
    await sql`insert into flows (workspace_id, id, name, draft, enabled)
      values (${workspace}, ${flow}, ${state}, '{}', ${on})`.execute(db)
    await sql`insert into flow_versions (workspace_id, flow_id, number, document, hash, author_id, author, summary)
      values (${workspace}, ${flow}, 1, '{}', ${'0'.repeat(64)}, ${newId()}, 'Olive', 'First')`.execute(db)
    await sql`insert into runs (workspace_id, id, flow_id, version, cause, cause_node, state, cancel_requested, dry)
      values (${workspace}, ${id}, ${flow}, 1, 'manual', 'start', ${state}, ${cancelled}, ${dry})`.execute(db)
  }
  await sql`insert into turn_ons (workspace_id, flow_id, at, backlog, set_by)
    values (${workspace}, ${runs[2]!.flow}, now() + interval '1 hour', 'missed-too', ${newId()})`.execute(db)
  await sql`insert into calls (workspace_id, id, target_id, run_id, epoch, batch, node_id, state, items)
    values (${workspace}, ${call}, 1, ${runs[1]!.id}, 1, 1, 'mail', 'intended', 1)`.execute(db)
  return { workspace, on: runs.slice(0, 2).map(({ flow }) => flow), call }
}

/** Two people in one run, of whom one is erased; and a workspace that is deleted. */
async function twoPeople({ db }: OpenDatabase, keys: Keyring) {
  const [workspace, gone, id] = [newId(), newId(), newId()]
  await db
    .insertInto('workspaces')
    .values([workspace, gone].map((one) => ({ id: one, name: 'Nordwind' })))
    .execute()
  const day = new Date().toISOString().slice(0, 10)
  for (const one of [workspace, gone]) {
    const content = zstdCompressSync(
      JSON.stringify(['ann', 'bob', 'cat'].map((who) => ({ email: `${who}@example.com` }))),
    )
    await sql`
      insert into payloads (workspace_id, run_id, batch, node_id, kind, chunk, day, records, total, bytes, content)
      values (${one}, ${workspace}, 1, 'read', 'out:out', 0, ${day}, 2, 2, 1, ${content})`.execute(db)
    await sql`
      insert into record_keys (workspace_id, run_id, batch, node_id, day, at, hashes)
      values (${one}, ${workspace}, 1, 'read', ${day}, now(),
        ${arrayText(hashKeys(keys, one, ['ann@example.com', 'bob@example.com', 'cat@example.com']))}::bigint[])`.execute(
      db,
    )
  }
  const sealed = seal(keys, exceptionPlace(workspace, id), zstdCompressSync('{"to":"mailto:Ann@example.com?x"}'))
  await sql`
    insert into exceptions (workspace_id, id, flow_id, version, run_id, batch, node_id, position, code, message, desk,
      record, state)
    values (${workspace}, ${id}, ${newId()}, 1, ${workspace}, 1, 'read', 0, 'RECORD_REFUSED', 'No.', 'marketing', ${sealed},
      'open')`.execute(db)
  return {
    workspace,
    gone,
    erase: () =>
      db.transaction().execute(async (tx) => {
        const [person, by] = [personOf(keys, workspace, new Set(['ann@example.com'])), newId()]
        const done = await eraseInRun(tx, keys, workspace, workspace, person, by)
        await noteErasure(tx, workspace, person, { ...done, runs: 1, reason: 'Ann asked', by })
        const hash = suppressionHash(keys, workspace, { kind: 'contact', key: 'ann@example.com' })
        await insertSuppressions(tx, workspace, [{ hash, reason: 'Ann asked', by: { person: by } }])
        await deleteAgain(tx, gone)
      }),
  }
}

async function keptOf(db: OpenDatabase['db'], workspace: string) {
  const payload = await db
    .selectFrom('payloads')
    .select('content')
    .where('workspace_id', '=', workspace)
    .executeTakeFirst()
  const exception = await db
    .selectFrom('exceptions')
    .select('message')
    .where('workspace_id', '=', workspace)
    .executeTakeFirst()
  const records: unknown[] = payload ? JSON.parse(zstdDecompressSync(payload.content).toString()) : []
  return { records, exception: exception?.message }
}

/** Rows that are hard to carry: every special character of the format, days long past, a numbering that has begun. */
async function fill({ db }: OpenDatabase): Promise<void> {
  const hard = ['\\.', 'a\tb\nc\r\\d\\N', '\\.\n\\.', 'Zoë 🧾 \u2028', '']
  await db
    .insertInto('installation')
    .values([
      { name: 'hard', value: JSON.stringify(hard) },
      { name: '\\.', value: JSON.stringify('x'.repeat(300_000)) },
      { name: 'zebra', value: 'null' },
    ])
    .execute()
  const workspace = randomUUID()
  await db.insertInto('workspaces').values({ id: workspace, name: '\\N' }).execute()
  // More than fits into one message, one read or one chunk of the file; no two rows alike.
  await sql`insert into payloads
    select ${workspace}, ${workspace}, n, 'map', 'in', 0, current_date, 1, 1, 96000,
      (select string_agg(sha256((n * 10000 + k)::text::bytea), '') from generate_series(1, 3000) k)
    from generate_series(1, 60) n`.execute(db)
  const targets = ['one', 'two'].map((operation) => ({
    workspace_id: workspace,
    connection_id: randomUUID(),
    operation,
  }))
  await db.insertInto('targets').values(targets).execute()
  await sql`select tieline_ensure_partitions('2020-02-29', 1)`.execute(db)
  const step = {
    ...{ workspace_id: workspace, run_id: randomUUID(), batch: 1, position: 0, epoch: 1, operation: 'map' },
    ...{ started_at: new Date('2020-02-29T23:59:59.999Z'), waiting_ms: 0, working_ms: 1, calls: 0, attempts: 1 },
  }
  await db
    .insertInto('steps')
    .values([
      { ...step, node_id: 'old', day: '2020-02-29', counts: '{"in": 1}', error: null },
      { ...step, node_id: 'new', day: new Date().toISOString().slice(0, 10), counts: '{}', error: '{"code": "\\\\."}' },
    ])
    .execute()
}

/** A digest of all rows of each table. */
async function contentOf({ db }: OpenDatabase): Promise<unknown> {
  const tables = await sql<{ name: string }>`
    select oid::regclass::text as name from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
      and relname not like 'kysely%' order by 1`.execute(db)
  const digests = tables.rows.map(async ({ name }) => {
    const digest = sql.raw<{ rows: number; hash: string }>(
      `select count(*) as rows, md5(string_agg(t::text, '|' order by t::text)) as hash from ${name} t`,
    )
    return [name, (await digest.execute(db)).rows[0]]
  })
  return Promise.all(digests)
}

async function names({ db }: OpenDatabase): Promise<string[]> {
  return (await db.selectFrom('installation').select('name').execute()).map(({ name }) => name)
}

/** A database whose owner may create roles, as a hosted PostgreSQL gives it, and nothing more. */
async function ordinaryOwner(): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `stranger_${randomUUID().slice(0, 8)}`
  const { db } = source.owner
  await sql`create role ${sql.id(name)} login createrole password 'stranger'`.execute(db)
  await sql`grant tieline_app, tieline_system to ${sql.id(name)} with admin option`.execute(db)
  await sql`create database ${sql.id(name)} owner ${sql.id(name)}`.execute(db)
  const url = new URL(source.url)
  url.username = name
  url.password = 'stranger'
  url.pathname = `/${name}`
  return {
    url: url.href,
    async drop() {
      await sql`drop database ${sql.id(name)} with (force)`.execute(db)
      await sql`drop role ${sql.id(name)}`.execute(db)
    },
  }
}
