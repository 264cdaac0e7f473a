import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createKeyring } from '../../server/store/key/secrets.ts'
import { ensureSetupLink } from '../../server/api/people/set-up-link.ts'
import { API, type Caller, type Installation, install, invoiceFlow, PASSWORD } from './installation.ts'
import { CHILD_ENV } from '../support/child-env.ts'

let it: Installation
let owner: Caller
let workspace: string
let folder: string
let environment: Record<string, string>

const COMMAND = fileURLToPath(new URL('../../server/commands/tieline.ts', import.meta.url))

const SETUP_LINK = fileURLToPath(new URL('../../server/commands/setup-link.ts', import.meta.url))

beforeAll(async () => {
  it = await install()
  const url = await it.api.listen({ host: '127.0.0.1', port: 0 })
  workspace = await it.workspace()
  owner = await it.member(workspace, 'owner')
  const made = await owner.call('POST', `/workspaces/${workspace}/tokens`, { name: 'Command line' })
  environment = { TIELINE_URL: url, TIELINE_TOKEN: made.json().secret }
  folder = await mkdtemp(join(tmpdir(), 'tieline-flows-'))
})
afterAll(async () => {
  await it.close()
  await rm(folder, { recursive: true })
})

function start(args: readonly string[], options: { env?: Record<string, string>; input?: string } = {}) {
  const child = spawn(process.execPath, [COMMAND, ...args], { env: { ...CHILD_ENV, ...environment, ...options.env } })
  child.stdin.end(options.input ?? '')
  const code = new Promise<number | null>((resolve) => child.on('close', resolve))
  return {
    child,
    ended: Promise.all([code, text(child.stdout), text(child.stderr)]).then(([exit, out, err]) => ({ exit, out, err })),
  }
}
const tieline = (args: readonly string[], options: Parameters<typeof start>[1] = {}) => start(args, options).ended

test('a flow goes from a file to a finished run', async () => {
  const file = join(folder, 'invoices.json')
  await writeFile(file, JSON.stringify(invoiceFlow({ name: 'From a file' })))
  expect(await tieline(['validate', file])).toMatchObject({ exit: 0 })
  const imported = await tieline(['import', file])
  expect(imported).toMatchObject({ exit: 0, out: expect.stringContaining('“From a file”') })

  const early = await tieline(['publish', 'From a file', '--summary', 'First'])
  expect(early).toMatchObject({ exit: 1, err: expect.stringContaining('SLOT_UNBOUND') })

  const secret = 'only-in-the-environment'
  const added = await tieline(
    [
      'connections',
      'add',
      'xero',
      '--name',
      'Ledger',
      '--login',
      'custom-connection',
      '--secret',
      'clientSecret=MY_SECRET',
      '--secrets-from-stdin',
    ],
    { env: { MY_SECRET: secret }, input: '{"clientId": "from-stdin"}' },
  )
  expect(added).toMatchObject({ exit: 0, out: expect.stringContaining('clientId, clientSecret') })
  expect(added.out).not.toContain(secret)
  expect((await tieline(['connections', 'list'])).out).toContain('xero “Ledger” new')
  expect(await tieline(['connections', 'bind', 'From a file', 'ledger=Ledger'])).toMatchObject({ exit: 0 })
  expect(await tieline(['publish', 'From a file', '--summary', 'First'])).toMatchObject({
    exit: 0,
    out: expect.stringContaining('version 1 is live'),
  })
  expect((await tieline(['on', 'From a file'])).out).toMatch(/is on, next due \d{4}-/)
  expect((await tieline(['off', 'From a file'])).out).toContain('is off')

  const waiting = start(['run', 'From a file', '--wait'])
  const run = await queuedRun()
  await setRun(run, 'succeeded')
  const ended = await waiting.ended
  expect(ended).toMatchObject({ exit: 0, out: expect.stringMatching(/queued[\s\S]*succeeded; 3 batches, read 300/) })
  expect(await tieline(['trace', run])).toMatchObject({ exit: 0, out: expect.stringContaining('succeeded') })
})

test('a run that fails ends the command with 1 and says what to do', async () => {
  const waiting = start(['run', 'From a file', '--wait'])
  await setRun(await queuedRun(), 'failed')
  expect(await waiting.ended).toMatchObject({
    exit: 1,
    out: expect.stringContaining('Wait until the other system answers'),
  })
})

test('what is exported imports over a draft unchanged', async () => {
  const file = join(folder, 'exported.json')
  expect(await tieline(['export', 'From a file', file])).toMatchObject({ exit: 0 })
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(invoiceFlow({ name: 'From a file' }))
  expect((await tieline(['export', 'From a file'])).out).toBe(await readFile(file, 'utf8'))
  expect((await tieline(['import', file, '--flow', 'From a file'])).out).toContain('draft revision 2')
})

test('a file with mistakes is refused with each of them', async () => {
  const file = join(folder, 'broken.json')
  await writeFile(file, '{"format": 1,\n  "name": }')
  expect(await tieline(['validate', file])).toMatchObject({
    exit: 1,
    out: expect.stringMatching(/JSON_MALFORMED.*Line 2/),
  })
  await writeFile(file, JSON.stringify({ ...invoiceFlow(), edges: [] }))
  expect(await tieline(['validate', file])).toMatchObject({ exit: 1, out: expect.stringContaining('NODE_UNREACHABLE') })
})

test('a connection that does not work ends its test with 1', async () => {
  await owner.call('POST', `/workspaces/${workspace}/connections`, {
    ...{ connector: 'xero', name: 'Nowhere', login: 'custom-connection' },
    settings: { identityUrl: 'http://127.0.0.1:9', apiUrl: 'http://127.0.0.1:9' },
    secrets: { clientId: 'a', clientSecret: 'b' },
  })
  expect(await tieline(['connections', 'test', 'Nowhere'])).toMatchObject({
    exit: 1,
    out: expect.stringContaining('NOT '),
  })
})

test('wrong usage ends with 2, nobody there or not signed in with 3', async () => {
  for (const args of [
    [],
    ['fly'],
    ['run'],
    ['publish', 'x'],
    ['run', 'x', '--fast'],
    ['validate', '/nowhere.json'],
    ['connections'],
  ]) {
    expect([args, (await tieline(args)).exit]).toEqual([args, 2])
  }
  expect(await tieline(['connections', 'list'], { env: { TIELINE_URL: 'http://127.0.0.1:9' } })).toMatchObject({
    exit: 3,
  })
  expect(await tieline(['connections', 'list'], { env: { TIELINE_TOKEN: '' } })).toMatchObject({ exit: 3 })
  expect(await tieline(['connections', 'list', '--token', `tl_00000000_${'a'.repeat(43)}`])).toMatchObject({ exit: 3 })
  expect(await tieline(['--help'])).toMatchObject({ exit: 0, out: expect.stringContaining('exit codes') })
  expect(await tieline(['run', 'No such flow'])).toMatchObject({ exit: 1 })
})

test('a lost set-up link is made again, and the lost one ends', async () => {
  const fresh = await install()
  try {
    const lost = (await ensureSetupLink(fresh.database.system.db, createKeyring(Buffer.alloc(32, 5))))?.split('#')[1]
    const make = async () => {
      const child = spawn(process.execPath, [SETUP_LINK], {
        env: {
          ...CHILD_ENV,
          DATABASE_URL: fresh.database.url,
          DATA_DIR: folder,
          PUBLIC_URL: 'https://tieline.example.com',
        },
      })
      return text(child.stdout)
    }
    const link = /https:\/\/tieline\.example\.com\/setup#(\S+)/.exec(await make())?.[1]
    const open = (token: string | undefined) =>
      fresh.api.inject({
        method: 'POST',
        url: `${API}/setup`,
        payload: { token, email: 'ada@example.com', name: 'Ada', password: PASSWORD, workspace: 'Nordwind' },
      })
    expect((await open(lost)).statusCode).toBe(410)
    expect((await open(link)).statusCode).toBe(201)
    expect(await make()).toContain('There is an owner already')
  } finally {
    await fresh.close()
  }
})

/** Waits until the command has queued its run. */
async function queuedRun(): Promise<string> {
  return vi.waitFor(
    async () => {
      const { items } = (await owner.call('GET', `/workspaces/${workspace}/runs?state=queued`)).json()
      expect(items).toHaveLength(1)
      return String(items[0].id)
    },
    { timeout: 60_000, interval: 100 },
  )
}

async function setRun(run: string, state: 'succeeded' | 'failed'): Promise<void> {
  await it.database.owner.db
    .updateTable('runs')
    .set({
      state,
      batches: 3,
      counts: JSON.stringify({ read: 300 }),
      code: state === 'failed' ? 'REMOTE_DOWN' : null,
      reason: null,
    })
    .where('id', '=', run)
    .execute()
}
