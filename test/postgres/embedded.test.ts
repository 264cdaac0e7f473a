import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type EmbeddedOptions, type EmbeddedPostgres, startPostgres } from '../../server/postgres/embedded.ts'
import { readRunFile } from '../../server/postgres/run-file.ts'
import { ask, copyDataDir, preparedDataDir, processesIn } from './owner.ts'

const isRoot = process.getuid?.() === 0
let prepared: string
let dataDir: string
let said: string[]
let running: EmbeddedPostgres[]

beforeAll(async () => {
  prepared = await preparedDataDir()
})
afterAll(() => rmSync(prepared, { recursive: true }))
beforeEach(() => {
  dataDir = copyDataDir(prepared)
  said = []
  running = []
})
afterEach(async () => {
  for (const embedded of running) await embedded.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

/** Puts the directory back to before any first start. */
function forget(): void {
  rmSync(dataDir, { recursive: true })
  mkdirSync(dataDir)
}

async function start(options: Partial<EmbeddedOptions> = {}): Promise<EmbeddedPostgres> {
  const keep = (message: string) => void said.push(message)
  const embedded = await startPostgres({
    ...{ dataDir, log: { info: keep, warn: keep, error: keep }, testing: true },
    ...options,
  })
  running.push(embedded)
  return embedded
}

describe('a database of our own', () => {
  test('is made on the first start and found again on the second', async () => {
    forget()
    const first = await start({ testing: false })
    expect(await ask(first.url, 'select version()')).toHaveLength(1)
    await ask(first.url, 'create table kept as select 42 as answer')
    await first.stop()

    const second = await start({ testing: false })
    expect(await ask(second.url, 'select answer from kept')).toEqual([{ answer: 42 }])
    expect(said).toEqual([expect.stringContaining('made a new database')])
  })

  test('keeps what it acknowledged, checks its pages, and is reached with a password on this machine only', async () => {
    const { url } = await start({ testing: false })
    const settings = await ask<{ name: string; setting: string }>(
      url,
      `select name, setting from pg_settings where name in
       ('fsync', 'synchronous_commit', 'data_checksums', 'listen_addresses', 'server_encoding', 'max_connections')`,
    )
    expect(Object.fromEntries(settings.map(({ name, setting }) => [name, setting]))).toEqual({
      ...{ fsync: 'on', synchronous_commit: 'on', data_checksums: 'on', listen_addresses: '127.0.0.1' },
      ...{ server_encoding: 'UTF8', max_connections: '60' },
    })
    const guess = new URL(url)
    guess.password = 'guess'
    await expect(ask(guess.href, 'select 1')).rejects.toThrow('password authentication failed')
  })

  test('shows its password to nobody else: not in modes, arguments or logs', async () => {
    const { url, pid } = await start()
    const { password } = new URL(url)
    for (const name of ['run.json', 'postgres.password', 'postgres.log']) {
      expect(statSync(join(dataDir, name)).mode & 0o077, name).toBe(0)
    }
    expect(statSync(join(dataDir, 'postgres')).mode & 0o077).toBe(0)
    expect(readFileSync(join(dataDir, 'postgres.log'), 'utf8')).not.toContain(password)
    expect(said.join()).not.toContain(password)
    if (process.platform !== 'linux') return
    expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8') + readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toContain(
      password,
    )
  })

  test('writes no row values into its log when a statement fails', async () => {
    const { url } = await start()
    await ask(url, 'create table people (email text primary key)')
    const twice = ask(url, `insert into people values ('jo@example.com'), ('jo@example.com')`)
    await expect(twice).rejects.toThrow('duplicate key')
    const log = readFileSync(join(dataDir, 'postgres.log'), 'utf8')
    expect(log).toContain('duplicate key')
    expect(log).not.toContain('jo@example.com')
  })

  test('stops cleanly, and again without harm', async () => {
    const embedded = await start()
    await Promise.all([embedded.stop(), embedded.stop()])
    await embedded.stop()
    if (process.platform === 'linux') expect(processesIn(join(dataDir, 'postgres'))).toEqual([])
    expect(existsSync(join(dataDir, 'postgres', 'postmaster.pid'))).toBe(false)
    expect(existsSync(join(dataDir, 'run.json'))).toBe(false)
    expect(readFileSync(join(dataDir, 'postgres.log'), 'utf8')).toContain('database system is shut down')
  })

  test('stops while a client is in the middle of a transaction', async () => {
    const embedded = await start()
    const sleeping = ask(embedded.url, 'select pg_sleep(600)')
    const cut = expect(sleeping).rejects.toThrow('terminat')
    const asleep = `select 1 from pg_stat_activity where query = 'select pg_sleep(600)' and state = 'active'`
    await expect.poll(() => ask(embedded.url, asleep)).toHaveLength(1)
    await embedded.stop()
    await cut
  })

  test('starts over when the first start was killed before its folder was complete', async () => {
    forget()
    mkdirSync(join(dataDir, 'postgres.making', 'cluster'), { recursive: true })
    writeFileSync(join(dataDir, 'postgres.making', 'cluster', 'PG_VERSION'), '18')
    const { url } = await start()
    expect(await ask(url, 'select 1 as one')).toEqual([{ one: 1 }])
    expect(existsSync(join(dataDir, 'postgres.making'))).toBe(false)
  })

  test('is refused by programs of another PostgreSQL, with the way out', async () => {
    await (await start()).stop()
    writeFileSync(join(dataDir, 'postgres', 'PG_VERSION'), '12\n')
    await expect(start()).rejects.toThrow(/^POSTGRES_VERSION: .*made by PostgreSQL 12.*npm run restore/)
    expect(readRunFile(dataDir)).toBeUndefined() // the failed start let go of the directory
  })

  test('says what the server said when it cannot start', async () => {
    await (await start()).stop()
    writeFileSync(join(dataDir, 'postgres', 'postgresql.conf'), 'no_such_setting = 1\n')
    await expect(start()).rejects.toThrow(/^POSTGRES_FAILED: .*no_such_setting/)
  })

  test('names the directory it cannot use', async () => {
    writeFileSync(join(dataDir, 'file'), '')
    await expect(start({ dataDir: join(dataDir, 'file', 'data') })).rejects.toThrow(/^DATA_DIR_UNUSABLE: .*ENOTDIR/)
  })
})

describe.runIf(isRoot)('as root', () => {
  test.each(['unshare', 'user'] as const)('PostgreSQL runs as an ordinary user by way of %s', async (launcher) => {
    forget()
    const embedded = await start({ launcher })
    const ids = readFileSync(`/proc/${embedded.pid}/status`, 'utf8').match(/^Uid:\s+(\d+)/m)?.[1]
    const namespace = readFileSync(`/proc/${embedded.pid}/uid_map`, 'utf8').trim().split(/\s+/)
    // In a namespace it is root only to those who look from outside: inside, that user is mapped to an ordinary one.
    expect(launcher === 'user' ? Number(ids) : Number(namespace[0])).toBeGreaterThan(0)
    expect(await ask(embedded.url, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  test('a directory made one way is taken over by the other, and back', async () => {
    forget()
    for (const launcher of ['unshare', 'user', 'unshare'] as const) {
      const embedded = await start({ launcher })
      await ask(embedded.url, 'create table if not exists visits (n int)')
      await ask(embedded.url, 'insert into visits values (1)')
      await embedded.stop()
    }
    const embedded = await start()
    expect(await ask(embedded.url, 'select count(*) from visits')).toEqual([{ count: 3 }])
  })
})
