import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { emptyDatabase } from '../support/database.ts'
import { type Fleet, OWNER, openFleet } from '../support/fleet.ts'
import { contactsFlow } from '../support/flows.ts'
import type { ProductProcess } from '../support/product-process.ts'
import { CHILD_ENV } from '../support/child-env.ts'
import { type ReceivedMeasure, startSpanReceiver } from '../support/span-receiver.ts'

// The product as several processes on one database, each started as `npm start -- --role …` starts it.

const LONG = { timeout: 180_000 }
const MAIN = fileURLToPath(new URL('../../server/main.ts', import.meta.url))

/** For Node: the machine's clock is a day ahead. */
const A_DAY_AHEAD = `--import=data:text/javascript,${encodeURIComponent(`
  const { now } = Date
  const ahead = () => now() + 86_400_000
  globalThis.Date = class extends Date {
    static now = ahead
    constructor(...given) { given.length === 0 ? super(ahead()) : super(...given) }
  }
  if (process.argv.includes('--role')) console.log('its clock: ' + new Date().toISOString())
`)}`

let database: Awaited<ReturnType<typeof emptyDatabase>>
let fleet: Fleet
let workers: ProductProcess[]
let secondApi: ProductProcess
let collector: Awaited<ReturnType<typeof startSpanReceiver>>

beforeAll(async () => {
  database = await emptyDatabase()
  fleet = await openFleet({
    databaseUrl: database.url,
    xero: { contacts: 12, latencyMs: 30 },
    env: { DATABASE_CONNECTIONS: '10', LEASE_SECONDS: '2' },
  })
  collector = await startSpanReceiver()
  ;[secondApi, ...workers] = (await Promise.all([
    fleet.start('api', { NODE_OPTIONS: A_DAY_AHEAD }),
    ...Array.from({ length: 3 }, () => fleet.start('worker', { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url })),
  ])) as [ProductProcess, ...ProductProcess[]]
}, 360_000)
afterAll(async () => {
  await fleet?.close()
  await collector?.close()
  await database?.drop()
})

type Lanes = {
  workers: { id: string; role: string; state: string; slots: number; running: number }[]
  lanes: { lane: string; cap: number; queued: number; running: number; reason: string | null }[]
}
const lanes = () => fleet.call<Lanes>('GET', '/lanes')

const run = async (flow: string) => (await fleet.call<{ id: string }>('POST', `/flows/${flow}/run`, {})).id

type Shown = { state: string; reason: string | null }
async function ended(id: string): Promise<Shown> {
  for (;;) {
    const shown = await fleet.call<Shown>('GET', `/runs/${id}`)
    if (!['queued', 'running', 'waiting'].includes(shown.state)) return shown
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function until<T>(ask: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await ask()
    if (holds(value)) return value
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const runRows = async () =>
  (
    await sql<{ id: string; state: string; worker: string | null; epoch: number; attempts: number }>`
      select id, state, worker, epoch, attempts from runs order by id
    `.execute(database.owner.db)
  ).rows

/** Starts the program and answers how it ended, and what it said. */
async function startAndEnd(args: readonly string[], env: Record<string, string>) {
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...CHILD_ENV, PORT: '0', LOG_LEVEL: 'fatal', ...env },
  })
  let said = ''
  child.stdout.on('data', (chunk) => (said += chunk))
  child.stderr.on('data', (chunk) => (said += chunk))
  const [code] = await once(child, 'exit')
  return { code, said }
}

test(
  'three workers share the runs that two API processes take in; the page of lanes shows all five',
  LONG,
  async () => {
    const flows = await Promise.all(
      Array.from({ length: 6 }, () => fleet.flow(contactsFlow(4, { policy: 'every-time' }))),
    )
    const runs = await Promise.all([...flows, ...flows].map(run))
    for (const id of runs) expect(await ended(id)).toMatchObject({ state: 'succeeded' })
    const rows = await runRows()
    expect(rows).toHaveLength(12)
    expect(new Set(rows.map(({ worker }) => worker)).size).toBeGreaterThan(1)
    // Their last signs of life may be from while they worked.
    const shown = await until(lanes, ({ workers }) => workers.every(({ state }) => state === 'idle'))
    expect(shown.workers.map(({ role }) => role).sort()).toEqual(['api', 'api', 'worker', 'worker', 'worker'])
    // API processes carry nothing out.
    const apis = new Set(shown.workers.filter(({ role }) => role === 'api').map(({ id }) => id))
    expect(rows.filter(({ worker }) => apis.has(worker ?? ''))).toEqual([])
    expect((await fetch(`${secondApi.url}/api/v1/health/ready`)).status).toBe(200)
  },
)

test('runs of a machine whose clock is a day ahead stand in the queue where they belong', LONG, async () => {
  const flow = await fleet.flow(contactsFlow(4, { policy: 'every-time' }))
  const origin = secondApi.url
  const headers = { 'content-type': 'application/json', origin }
  const login = await fetch(`${origin}/api/v1/session`, { method: 'POST', headers, body: JSON.stringify(OWNER) })
  const said = /its clock: (\S+Z)/.exec(secondApi.said())![1]!
  expect(Date.parse(said) - Date.now()).toBeGreaterThan(80_000_000)
  const cookie = login.headers.getSetCookie().map((line) => line.split(';')[0])
  const ahead = await fetch(`${origin}/api/v1/workspaces/${fleet.workspace}/flows/${flow}/run`, {
    ...{ method: 'POST', body: '{}' },
    headers: { ...headers, cookie: cookie.join('; ') },
  })
  const { id: first } = (await ahead.json()) as { id: string }
  const second = await run(flow)
  expect(await ended(second)).toMatchObject({ state: 'succeeded' })
  const rows = (await runRows()).filter(({ id }) => id === first || id === second)
  expect(rows.map(({ id, state }) => [id, state])).toEqual([
    [first, 'succeeded'],
    [second, 'succeeded'],
  ])
  const { rows: off } = await sql<{ seconds: number }>`
    select abs(extract(epoch from created_at) - ('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint / 1000.0)::float8 as seconds
    from runs where id = ${first}`.execute(database.owner.db)
  expect(off[0]!.seconds).toBeLessThan(10)
})

test('what a killed worker had in hand goes on elsewhere, and its locked job holds nobody up', LONG, async () => {
  const flow = await fleet.flow(contactsFlow(1, { policy: 'every-time' }))
  const id = await run(flow)
  const rowOf = async () => (await runRows()).find((row) => row.id === id)!
  const row = await until(rowOf, ({ state }) => state === 'running')
  const holder = workers.find(({ pid }) => row.worker?.includes(`/${pid}/`))!
  await holder.kill()
  const locked = await sql`select 1 from graphile_worker._private_jobs where locked_at is not null`.execute(
    database.owner.db,
  )
  expect(locked.rows).not.toEqual([])
  // Another flow of the same lane does not even wait for the lease.
  const other = await run(await fleet.flow(contactsFlow(12, { policy: 'every-time' })))
  expect(await ended(other)).toMatchObject({ state: 'succeeded' })
  expect(await ended(id)).toMatchObject({ state: 'succeeded' })
  const after = await rowOf()
  expect(after.epoch).toBe(2)
  expect(after.worker).not.toBe(row.worker)
  workers = workers.filter((one) => one !== holder)
})

test('SIGTERM gives the run in hand back, and the process ends in peace', LONG, async () => {
  const id = await run(await fleet.flow(contactsFlow(1, { policy: 'every-time' })))
  const rowOf = async () => (await runRows()).find((row) => row.id === id)!
  const row = await until(rowOf, ({ state }) => state === 'running')
  const holder = workers.find(({ pid }) => row.worker?.includes(`/${pid}/`))!
  expect(await holder.stop()).toBe(0)
  // A process without a page of measures sends its own.
  const slots = ({ name, attributes }: ReceivedMeasure) => name === 'tieline_process_runs' && attributes.of === 'most'
  expect(collector.measures.find(slots)).toMatchObject({ kind: 'gauge', value: 4 })
  expect((await lanes()).workers.map((one) => one.id)).not.toContain(row.worker)
  expect(await ended(id)).toMatchObject({ state: 'succeeded' })
  expect(await rowOf()).toMatchObject({ attempts: 0 })
  workers = workers.filter((one) => one !== holder)
})

test.each([
  ['another secret key', () => ({ SECRET_KEY: 'ab'.repeat(32) }), /^SECRET_KEY_DIFFERENT: .*same SECRET_KEY/],
  ['a role without a database of its own', () => ({ DATABASE_URL: '' }), /^CONFIG_INVALID: DATABASE_URL must be set/],
])('a worker with %s is refused by name', LONG, async (_what, env, words) => {
  const { code, said } = await startAndEnd(['--role', 'worker'], {
    DATABASE_URL: database.url,
    SECRET_KEY: 'cd'.repeat(32),
    ...env(),
  })
  expect(code).toBe(1)
  expect(said).toMatch(words)
})

test('a role that does not exist is refused by name', LONG, async () => {
  const { code, said } = await startAndEnd(['--role', 'waiter'], {})
  expect(code).toBe(1)
  expect(said).toMatch(/^CONFIG_INVALID: there is no role “waiter”; usage/)
})

// Last: nothing of this version works after it.
test(
  'a newer version has changed the database: workers end, API processes say that they are not ready',
  LONG,
  async () => {
    const flow = await fleet.flow(contactsFlow(1, { policy: 'every-time' }))
    const id = await run(flow)
    const rowOf = async () => (await runRows()).find((row) => row.id === id)!
    await until(rowOf, ({ state }) => state === 'running')
    await sql`insert into kysely_migration (name, timestamp) values ('9999-newer', 'now')`.execute(database.owner.db)
    for (const worker of workers) expect(await worker.exited).toBe(0)
    const ready = await until(
      () => fetch(`${fleet.api.url}/api/v1/health/ready`),
      ({ status }) => status !== 200,
    )
    expect(ready.status).toBe(503)
    expect(await ready.text()).toContain('newer version')
    const row = await rowOf()
    expect(row.state === 'queued' || row.state === 'succeeded').toBe(true)
    // One that was killed before counts as there until it has been silent for a while.
    const gone = ({ role, state }: { role: string; state: string }) => role !== 'worker' || state === 'lost'
    const shown = await until(
      lanes,
      ({ workers }) => workers.some(({ state }) => state === 'outdated') && workers.every(gone),
    )
    expect(shown.workers.filter((worker) => !gone(worker))).toEqual([])
    // This version knows nothing of what the newer one keeps beside a change.
    await expect(run(flow)).rejects.toThrow(/answered 503: .*newer version/)
    await sql`
      insert into runs (workspace_id, id, flow_id, version, cause, cause_node, reason)
      values (${fleet.workspace}, gen_random_uuid(), ${flow}, 1, 'manual', 'start', 'Waiting for a worker.')
    `.execute(database.owner.db)
    expect((await lanes()).lanes[0]?.reason).toBe(
      'No worker is running. Start the product, or a process with the role worker.',
    )
  },
)
