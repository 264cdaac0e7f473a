import type { Socket } from 'node:net'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDatabase } from '../../server/store/database/database.ts'
import { startJobs } from '../../server/worker/jobs.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.drop())

test('a database that breaks off while a job is completed stops nobody from taking the next, nor the stop', async () => {
  const { pool, close } = openDatabase({ url: database.systemUrl, max: 6 })
  const { db } = database.owner
  const add = (name: string) =>
    sql`select graphile_worker.add_job('lane', json_build_object('name', ${name}::text))`.execute(db)
  const left = async () => (await sql`select 1 from graphile_worker._private_jobs`.execute(db)).rows.length
  const begun = new Set<string>()
  const gaveUp = Promise.withResolvers<void>()
  const end = { first: Promise.withResolvers<void>(), last: Promise.withResolvers<void>() }
  const breakOff = (client: object) => (client as { connection: { stream: Socket } }).connection.stream.destroy()
  const warn = (_fields: object, message: string) => {
    if (!message.startsWith('Failed to complete jobs')) return
    pool.off('acquire', breakOff)
    gaveUp.resolve()
  }
  const jobs = startJobs({
    pool,
    slots: 4,
    log: { info() {}, warn, error() {} },
    tasks: {
      lane: async (payload) => {
        const { name } = payload as { name: string }
        begun.add(name)
        if (name === 'first') {
          await end.first.promise
          // The connection on which it is completed, too.
          pool.on('acquire', breakOff)
        } else if (name === 'last') await end.last.promise
        else if (name !== 'next') await gaveUp.promise
      },
    },
  })
  try {
    for (const name of ['first', 'one', 'two', 'last']) await add(name)
    await expect.poll(() => begun.size).toBe(4)
    end.first.resolve()
    await gaveUp.promise
    // Those in hand are completed; of the first one nobody knows.
    await expect.poll(left).toBe(2)
    await add('next')
    await expect.poll(() => begun.has('next'), { timeout: 15_000 }).toBe(true)
    end.last.resolve()
    await expect.poll(left).toBe(1)
  } finally {
    end.last.resolve()
    await jobs.stop()
    await close()
  }
})

test('a database that gives nobody a connection while the runner begins keeps it from no job afterwards', async () => {
  const { pool, close } = openDatabase({ url: database.systemUrl, max: 6 })
  const connect = pool.connect.bind(pool)
  let refused = 0
  const refusing = new Proxy(pool, {
    get(target, name) {
      if (name !== 'connect') return Reflect.get(target, name, target)
      return (listening?: Parameters<typeof pool.connect>[0]) => {
        // The listener has its connection by a callback; what asks for the tasks waits for one.
        if (listening) return connect(listening)
        refused += 1
        return refused > 8 ? connect() : Promise.reject(new Error('timeout exceeded when trying to connect'))
      }
    },
  })
  const done = Promise.withResolvers<void>()
  const jobs = startJobs({
    pool: refusing,
    slots: 2,
    log: { info() {}, warn() {}, error() {} },
    tasks: { lane: async () => done.resolve() },
  })
  try {
    await sql`select graphile_worker.add_job('lane', '{}'::json)`.execute(database.owner.db)
    await Promise.race([
      done.promise,
      new Promise((_, reject) => setTimeout(() => reject(new Error('no job was taken')), 25_000)),
    ])
    expect(refused).toBeGreaterThan(8)
  } finally {
    await jobs.stop()
    await close()
  }
})
