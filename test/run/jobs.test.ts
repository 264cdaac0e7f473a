import type { Socket } from 'node:net'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDatabase } from '../../server/store/database.ts'
import { startJobs } from '../../server/worker/jobs.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.drop())

test('a database that breaks off while a job is completed stops nobody from taking the next, nor the stop', async () => {
  const { pool, close } = openDatabase({ url: database.systemUrl, max: 6 })
  const add = (name: string) =>
    sql`select graphile_worker.add_job('lane', ${JSON.stringify({ name })}::json)`.execute(database.owner.db)
  const begun = { first: Promise.withResolvers<void>(), other: Promise.withResolvers<void>() }
  const gaveUp = Promise.withResolvers<void>()
  const next = Promise.withResolvers<string>()
  const breakOff = (client: object) => (client as { connection: { stream: Socket } }).connection.stream.destroy()
  const warn = (_fields: object, message: string) => {
    if (!message.startsWith('Failed to complete jobs')) return
    pool.off('acquire', breakOff)
    gaveUp.resolve()
  }
  const jobs = startJobs({
    pool,
    slots: 2,
    log: { info() {}, warn, error() {} },
    tasks: {
      lane: async (payload) => {
        const { name } = payload as { name: string }
        if (name === 'first') {
          begun.first.resolve()
          await begun.other.promise
          // The connection on which it is completed, too.
          pool.on('acquire', breakOff)
        } else if (name === 'other') {
          begun.other.resolve()
          // Still at work when the runner gives up; completed afterwards.
          await gaveUp.promise
        } else next.resolve(name)
      },
    },
  })
  try {
    await add('first')
    await begun.first.promise
    await add('other')
    await gaveUp.promise
    await add('next')
    expect(await next.promise).toBe('next')
  } finally {
    await jobs.stop()
    await close()
  }
})
