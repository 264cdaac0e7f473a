import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createKeyring, keyFingerprint } from '../../server/store/key/secrets.ts'
import { keysKnown } from '../../server/store/key/key-check.ts'
import { countSealed, readInventory } from '../../server/store/key/key-inventory.ts'
import { openDatabase } from '../../server/store/database/database.ts'
import { firstLogins, loginName } from '../../server/store/database/logins.ts'
import { CHILD_ENV } from '../support/child-env.ts'
import { emptyDatabase } from '../support/database.ts'
import { type Fleet, openFleet } from '../support/fleet.ts'
import { flowOf, node } from '../support/flows.ts'

// The secret key is replaced while two processes take events, run flows and renew sign-ins, and are then restarted one
// after the other.

const PROGRAM = fileURLToPath(new URL('../../server/commands/keys-rotate.ts', import.meta.url))
const run = promisify(execFile)
const [first, second] = [randomBytes(32), randomBytes(32)]
const [was, is] = [first, second].map((key) => key.toString('hex')) as [string, string]
const dataDir = mkdtempSync(join(tmpdir(), 'tieline-keys-running-'))
const BOTH = { SECRET_KEY: was, NEW_SECRET_KEY: is }

let database: Awaited<ReturnType<typeof emptyDatabase>>
let fleet: Fleet

beforeAll(async () => {
  database = await emptyDatabase()
  fleet = await openFleet({
    databaseUrl: database.url,
    first: 'all',
    emarsys: { tokenSeconds: 30 }, // shorter than what is taken for fresh: each use of the connection renews it
    env: { DATABASE_CONNECTIONS: '10', LEASE_SECONDS: '2', ...BOTH },
  })
}, 180_000)
afterAll(async () => {
  await fleet?.close()
  await database?.drop()
  rmSync(dataDir, { recursive: true })
})

const environment = () => ({ ...CHILD_ENV, DATABASE_URL: database.url, DATA_DIR: dataDir, ...BOTH })
const command = (...args: string[]) => run(process.execPath, [PROGRAM, ...args], { env: environment() })

test('no event is lost, nothing fails to open, all values are moved, and the old key ends', {
  timeout: 360_000,
}, async () => {
  const { db } = database.owner
  const flow = await fleet.flow(tellingFlow())
  const hook = await fleet.hook(flow)
  let door = fleet.api
  const answers = new Map<number, number>()
  let [sent, on] = [0, true]
  const sender = async () => {
    while (on) {
      const id = `E-${sent++}`
      const answer = await fetch(new URL(new URL(hook.url).pathname, door.url), {
        method: 'POST',
        headers: { 'content-type': 'application/json', [hook.header!]: hook.secret },
        body: JSON.stringify({ id, email: `${id.toLowerCase()}@example.com`, bad: sent % 5 === 0 }),
      })
      await answer.arrayBuffer()
      answers.set(answer.status, (answers.get(answer.status) ?? 0) + 1)
      await sleep(20)
    }
  }
  const load = Promise.all([sender(), sender()])
  const olds = [fleet.api, await fleet.start('all')]
  const sealedWith = async (key: Buffer) => (await countSealed(db)).get(createKeyring(key).id.toString('hex')) ?? 0
  await expect.poll(() => sealedWith(first)).toBeGreaterThan(20)

  // Killed when it has begun; both processes seal with the new key by then or soon.
  const child = spawn(process.execPath, [PROGRAM], { stdio: 'ignore', env: environment() })
  const ended = once(child, 'exit')
  await expect.poll(async () => (await keysKnown(db)).replacing, { timeout: 60_000 }).toBe(keyFingerprint(second))
  child.kill('SIGKILL')
  await ended
  const { stdout } = await command()
  expect(stdout).toContain('start every process with the new key alone')
  expect(await sealedWith(first)).toBe(0)
  await expect(command('--finish')).rejects.toMatchObject({ stderr: expect.stringContaining('still with the old key') })

  // The rolling restart: one with the new key alone comes, one goes.
  const alone = { SECRET_KEY: is, NEW_SECRET_KEY: '' }
  const [next] = [await fleet.start('all', alone), await olds[1]!.stop()]
  door = next
  await olds[0]!.stop()
  expect((await command('--finish')).stdout).toContain('The old key may be deleted')
  on = false
  await load

  expect([...answers.keys()]).toEqual([202])
  const runs = () =>
    sql<{ state: string; n: number }>`select state, count(*)::int as n from runs group by state`.execute(db)
  await expect
    .poll(async () => (await runs()).rows.filter(({ state }) => ['queued', 'running', 'waiting'].includes(state)))
    .toEqual([])
  expect((await runs()).rows.map(({ state }) => state).filter((state) => state === 'failed')).toEqual([])
  const arrived = Array.from(
    { length: sent },
    (_, n) => fleet.emarsys.contacts.lookUp('3', `e-${n}@example.com`).length,
  )
  expect(arrived.filter((count, n) => count !== ((n + 1) % 5 === 0 ? 0 : 1))).toEqual([])

  const counted = await countSealed(db)
  expect([...counted.keys()]).toEqual([createKeyring(second).id.toString('hex')])
  expect((await readInventory(db)).keys.map(({ endedAt }) => endedAt !== null)).toEqual([true, false])
  const name = new URL(database.url).pathname.slice(1)
  const login = new URL(database.url)
  login.username = loginName(name, 'app')
  login.password = firstLogins(first, name).app
  const old = openDatabase({ url: login.href, max: 1 })
  await expect(sql`select 1`.execute(old.db)).rejects.toThrow(/not permitted to log in|password/)
  await old.close()
})

/** Tells Emarsys of each event; one of five cannot be told, and is set aside sealed. */
function tellingFlow() {
  const flow = flowOf(
    [
      node('told', 'hook', { kind: 'token', idPath: 'id' }),
      node('contact', 'emarsys.upsert-contacts', {
        keyField: '3',
        record: `bad ? $error('No.') : { '3': email, '1': id }`,
      }),
    ],
    ['told contact'],
  )
  return { ...flow, name: 'Told', nodes: flow.nodes.filter(({ id }) => id !== 'start') }
}
