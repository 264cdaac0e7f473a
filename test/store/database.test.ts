import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { shareOf } from '../../server/store/database/connection-room.ts'
import { inWorkspace, openDatabase } from '../../server/store/database/database.ts'
import { isDatabaseLost, isDeadlock } from '../../server/store/database/database-lost.ts'
import { LeaseLost } from '../../server/run/journal/journal.ts'
import { ensureLogins, loginName } from '../../server/store/database/logins.ts'
import { inOneTrip, together } from '../../server/store/database/one-trip.ts'
import { withStatementLimit } from '../../server/store/database/statement-limit.ts'
import { leaveWorkers, type WorkerSelf } from '../../server/store/database/workers.ts'
import { fitConnections, takeConnections } from '../../server/take-connections.ts'
import { doTurn } from '../../server/worker/housekeeping.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.drop())

async function one<T>(query: ReturnType<typeof sql<{ value: T }>>): Promise<T | undefined> {
  return (await query.execute(database.owner.db)).rows[0]?.value
}

test('a number that fits is a number, one that does not stays exact text', async () => {
  expect(await one(sql`select count(*) as value from pg_class where false`)).toBe(0)
  expect(await one(sql`select 9007199254740991::bigint as value`)).toBe(9007199254740991)
  expect(await one(sql`select 9007199254740993::bigint as value`)).toBe('9007199254740993')
})

test('money keeps its decimals, a day stays a day, a moment becomes a Date', async () => {
  expect(await one(sql`select 10.10::numeric as value`)).toBe('10.10')
  expect(await one(sql`select '2026-03-29'::date as value`)).toBe('2026-03-29')
  expect(await one(sql`select '2026-03-29T01:30:00+02'::timestamptz as value`)).toEqual(
    new Date('2026-03-28T23:30:00Z'),
  )
})

test('inside a workspace only its rows are seen, and afterwards none', async () => {
  const [mine, other] = [randomUUID(), randomUUID()]
  await database.owner.db
    .insertInto('workspaces')
    .values([mine, other].map((id) => ({ id, name: id })))
    .execute()
  const seen = await inWorkspace(database.app.db, mine, (trx) => trx.selectFrom('workspaces').select('id').execute())
  expect(seen).toEqual([{ id: mine }])
  expect(await database.app.db.selectFrom('workspaces').select('id').execute()).toEqual([])
})

test('work that shares a connection has its own limit for a statement each, and leaves none of it behind', async () => {
  const { db, close } = openDatabase({ url: database.systemUrl, max: 1, statementTimeoutMs: 60_000 })
  const limit = async () =>
    (await sql<{ ms: string }>`select setting as ms from pg_settings where name = 'statement_timeout'`.execute(db))
      .rows[0]!.ms
  try {
    expect(await limit()).toBe('60000')
    const hasty = withStatementLimit(100, () => sql`select pg_sleep(30)`.execute(db))
    await expect(hasty).rejects.toMatchObject({ code: '57014' })
    // The same connection, lent in turns to work that goes on at the same time.
    const turns = [100, 30_000, 5_000].map((ms) =>
      withStatementLimit(ms, async () => {
        const seen = []
        for (let turn = 0; turn < 5; turn++) seen.push(await limit())
        return new Set(seen)
      }),
    )
    expect(await Promise.all(turns)).toEqual([new Set(['100']), new Set(['30000']), new Set(['5000'])])
    expect(await limit()).toBe('60000')
    const seen: string[] = []
    const task = { name: 'look', everySeconds: 3600, run: async () => seen.push(await limit()) }
    await doTurn(db, [task], 'look', { info() {}, warn() {}, error() {} })
    expect(seen).toEqual(['600000'])
  } finally {
    await close()
  }
})

test('a transaction names its workspace before its first statement, and nothing of it stays on the connection', async () => {
  const mine = randomUUID()
  const { db, close } = openDatabase({ url: database.appUrl, max: 1 })
  try {
    const open = sql<{ named: string | null }>`
      select nullif(current_setting('tieline.workspace', true), '') as named
    `
    const inside = () => inWorkspace(db, mine, async (trx) => (await open.execute(trx)).rows[0])
    await inWorkspace(db, mine, async () => undefined)
    expect(await inside()).toMatchObject({ named: mine })
    expect((await open.execute(db)).rows[0]).toMatchObject({ named: null })
    // A first statement that fails, and work that fails before its first statement, leave no transaction open.
    await expect(inWorkspace(db, mine, (trx) => sql`select 1 / 0`.execute(trx))).rejects.toThrow('division by zero')
    expect((await open.execute(db)).rows[0]).toMatchObject({ named: null })
    await expect(inWorkspace(db, mine, async () => Promise.reject(new Error('changed my mind')))).rejects.toThrow(
      'mind',
    )
    expect((await open.execute(db)).rows[0]).toMatchObject({ named: null })
    expect(await inside()).toMatchObject({ named: mine })
  } finally {
    await close()
  }
})

test('statements that go out together are answered in order, each seeing those before it', async () => {
  const mine = randomUUID()
  const [named, , seen] = await inOneTrip(database.app.db, mine, [
    sql<{ named: string }>`select current_setting('tieline.workspace', true) as named`,
    sql`insert into targets (workspace_id, connection_id, operation) values (${mine}, ${mine}, 'write')`,
    sql<{ operation: string }>`select operation from targets`,
  ])
  expect([named.rows, seen.rows]).toEqual([[{ named: mine }], [{ operation: 'write' }]])
  const [one, two] = await together(database.app.db, [sql<{ n: number }>`select 1 as n`, sql`select 2 as n`])
  expect([one.rows, two.rows]).toEqual([[{ n: 1 }], [{ n: 2 }]])
})

test('of what goes out together, one failure undoes all, is the one that is told, and leaves the connection usable', async () => {
  const mine = randomUUID()
  const { db, close } = openDatabase({ url: database.appUrl, max: 1 })
  const insert = sql`insert into targets (workspace_id, connection_id, operation) values (${mine}, ${mine}, 'write')`
  const count = async () => (await inOneTrip(db, mine, [sql<{ n: number }>`select count(*) as n from targets`]))[0].rows
  try {
    for (let again = 0; again < 3; again++) {
      await expect(inOneTrip(db, mine, [insert, sql`select 1 / ${0}::int`, insert])).rejects.toThrow('division by zero')
      await expect(inOneTrip(db, mine, [insert, sql`select tieline_lost()`, insert])).rejects.toThrow(LeaseLost)
      await expect(inOneTrip(db, mine, [insert, insert])).rejects.toThrow('duplicate key')
      expect(await count()).toEqual([{ n: 0 }])
    }
    await inOneTrip(db, mine, [insert])
    expect(await count()).toEqual([{ n: 1 }])
    expect(await db.selectFrom('targets').select('id').execute()).toEqual([])
  } finally {
    await close()
  }
})

test('what goes out together fails as a whole at its first statement, at its commit, and where two lock each other out', async () => {
  const [one, two] = [randomUUID(), randomUUID()]
  const insert = (name: string) =>
    sql`insert into targets (workspace_id, connection_id, operation) values (${one}, ${two}, ${name})`
  const hold = sql`insert into targets (workspace_id, connection_id, operation) select ${one}::uuid, ${two}::uuid, 'slow' from pg_sleep(0.3)`
  const held = () => sql<{ operation: string }>`select operation from targets order by operation`
  const names = async () => (await inOneTrip(db, one, [held()]))[0].rows.map(({ operation }) => operation)
  const { db, close } = openDatabase({ url: database.appUrl, max: 2 })
  try {
    // Its text is new to the connection, and is sent twice behind the failure: nothing of it may stick.
    const fresh = sql`insert into targets (workspace_id, connection_id, operation) values (${one}, ${two}, ${'fresh'}) returning id`
    await expect(inOneTrip(db, one, [sql`select 1 / ${0}::int`, fresh, fresh])).rejects.toThrow('division by zero')
    await inOneTrip(db, one, [fresh])
    expect(await names()).toEqual(['fresh'])

    await sql`create table late (id int unique deferrable initially deferred)`.execute(database.owner.db)
    const twice = sql`insert into late values (1), (1)`
    await expect(inOneTrip(database.owner.db, undefined, [twice])).rejects.toThrow('duplicate key')
    expect((await sql`select from late`.execute(database.owner.db)).rows).toEqual([])
    await sql`drop table late`.execute(database.owner.db)

    const both = await Promise.allSettled([
      inOneTrip(db, one, [insert('a'), hold, insert('b')]),
      inOneTrip(db, one, [insert('b'), hold, insert('a')]),
    ])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    const lost = both.find((result) => result.status === 'rejected')
    expect(isDeadlock(lost?.reason)).toBe(true)
    expect(await names()).toEqual(['a', 'b', 'fresh', 'slow'])
  } finally {
    await close()
  }
})

test('a row of another workspace cannot be written', async () => {
  const mine = randomUUID()
  const writing = inWorkspace(database.app.db, mine, (trx) =>
    trx.insertInto('cursors').values(cursorOf(randomUUID())).execute(),
  )
  await expect(writing).rejects.toThrow('row-level security')
})

test('the two logins cannot become the owner and cannot be members of each other', async () => {
  for (const login of [database.app, database.system]) {
    await expect(sql`set role tieline`.execute(login.db)).rejects.toThrow('permission denied')
    await expect(sql`create table public.theirs (id int)`.execute(login.db)).rejects.toThrow('permission denied')
  }
  await expect(sql`set role tieline_system`.execute(database.app.db)).rejects.toThrow('permission denied')
})

test('the same secret key gives the same logins, another key shuts the old passwords out', async () => {
  expect(await ensureLogins(database.owner, database.secretKey)).toEqual({
    appUrl: database.appUrl,
    systemUrl: database.systemUrl,
  })
  await ensureLogins(database.owner, Buffer.alloc(32, 1))
  const late = openDatabase({ url: database.appUrl, max: 1 })
  await expect(sql`select 1`.execute(late.db)).rejects.toThrow('password authentication failed')
  await late.close()
  await ensureLogins(database.owner, database.secretKey)
})

test('logins can be made by several processes at once', async () => {
  const all = await Promise.all(Array.from({ length: 5 }, () => ensureLogins(database.owner, database.secretKey)))
  expect(new Set(all.map(({ appUrl }) => appUrl))).toEqual(new Set([database.appUrl]))
})

test('a login of one database is refused by another', async () => {
  const neighbour = await testDatabase()
  const url = new URL(database.appUrl)
  url.pathname = `/${neighbour.name}`
  const stranger = openDatabase({ url: url.href, max: 1 })
  await expect(sql`select 1`.execute(stranger.db)).rejects.toThrow('permission denied for database')
  await stranger.close()
  await neighbour.drop()
})

test('a database with a very long name still has two logins of its own', () => {
  const names = (['app', 'system'] as const).map((kind) => loginName('x'.repeat(63), kind))
  expect(names.every((name) => name.length <= 63)).toBe(true)
  expect(new Set(names).size).toBe(2)
  expect(loginName(`${'x'.repeat(62)}y`, 'app')).not.toBe(names[0])
})

function cursorOf(workspace: string) {
  return {
    workspace_id: workspace,
    flow_id: randomUUID(),
    node_id: 'read',
    connection_id: randomUUID(),
    cursor: '{}',
    seen: Buffer.alloc(0),
    run_id: randomUUID(),
  }
}

test('a connection over which nothing comes any more is given up, one that works in silence is not', async () => {
  const { hostname, port } = new URL(database.appUrl)
  const pairs: Socket[][] = []
  const network = createServer((from) => {
    const to = connect(Number(port), hostname)
    pairs.push([from, to])
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
      one.on('error', () => undefined).on('close', () => other.destroy())
      one.pipe(other)
    }
  })
  await once(network.listen(0, '127.0.0.1'), 'listening')
  const url = new URL(database.appUrl)
  url.host = `127.0.0.1:${(network.address() as AddressInfo).port}`
  const silence = { lookMs: 40, looks: 3 }
  const { db, close } = openDatabase({ url: url.href, max: 3, silence })
  try {
    const pids = async () => {
      const rows = await Promise.all(
        [1, 2, 3].map(() => sql<{ pid: number }>`select pg_backend_pid() as pid, pg_sleep(0.5)`.execute(db)),
      )
      return rows.flatMap((one) => one.rows.map(({ pid }) => pid)).sort()
    }
    const before = await pids()
    expect(await pids()).toEqual(before)
    // Whoever asked about these statements has gone.
    await expect.poll(() => pairs.filter(([from]) => from?.destroyed === false).length).toBe(3)
    for (const one of pairs.flat()) one.unpipe().pause()
    const lost = await sql`select 1`.execute(db).catch((error: unknown) => error)
    expect(isDatabaseLost(lost)).toBe(true)
    // All of them, not only the one that was asked something.
    const after = await pids()
    expect(after).toHaveLength(3)
    expect(after.filter((pid) => before.includes(pid))).toEqual([])
  } finally {
    for (const one of pairs.flat()) one.destroy()
    network.close()
    await close()
  }
})

describe('connections of all processes', () => {
  test.each([
    [24, [24, 24], 95, 24],
    [24, [24, 24, 24, 24], 55, 11],
    [24, [8, 8], 30, 14],
    [8, [24, 24], 30, 8],
    [24, [24], 7, 3],
    [24, [], -5, 0],
  ])('of %d wanted beside %j, with room for %d, a process gets %d', (wanted, others, all, gets) => {
    expect(shareOf(wanted, others, all)).toBe(gets)
  })

  test('fit into what the server takes, whoever comes and goes', async () => {
    const { db } = database.owner
    const most = (await sql<{ most: number }>`select current_setting('max_connections')::int as most`.execute(db))
      .rows[0]!.most
    const self = (name: string): WorkerSelf => ({
      ...{ id: `here/${name}`, host: hostname(), pid: process.pid, role: 'api', version: '1', schema: '', slots: 0 },
    })
    const [one, two, three] = ['one', 'two', 'three'].map(self) as [WorkerSelf, WorkerSelf, WorkerSelf]
    const said: string[] = []
    const take = (who: WorkerSelf) => takeConnections(db, who, [], most, (text) => said.push(text))
    const kept = async () =>
      (await db.selectFrom('workers').select('connections').execute()).map((row) => row.connections)
    const first = await take(one)
    expect(first).toBeLessThanOrEqual(most - 2)
    // The second waits until the first has made room.
    const second = take(two)
    await sleep(100)
    await fitConnections(db, one, most, {})
    await second
    const third = take(three)
    await sleep(100)
    for (const who of [two, one]) await fitConnections(db, who, most, {})
    await third
    for (const who of [one, two, three]) await fitConnections(db, who, most, {})
    const all = await kept()
    expect(all.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(most - 2)
    expect(Math.min(...all)).toBeGreaterThan(first / 6)
    expect(said.at(-1)).toMatch(/no room for what all processes want: its max_connections is \d+/)
    await leaveWorkers(db, three.id)
    await fitConnections(db, one, most, {})
    expect(Math.max(...(await kept()))).toBeGreaterThan(Math.max(...all))
  })
})
