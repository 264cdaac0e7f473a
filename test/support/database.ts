import { randomBytes } from 'node:crypto'
import { createConnection } from 'node:net'
import { createInterface } from 'node:readline'
import { sql } from 'kysely'
import { inject } from 'vitest'
import { type OpenDatabase, openDatabase } from '../../server/store/database/database.ts'
import { ensureLogins, loginName } from '../../server/store/database/logins.ts'
import { onDatabase } from './database-server.ts'
import { hasFailed } from './failed.ts'

export type TestDatabase = {
  /** With the owner's login. */
  readonly url: string
  readonly appUrl: string
  readonly systemUrl: string
  readonly name: string
  /** Pools of the three logins, closed by drop(). */
  readonly owner: OpenDatabase
  readonly app: OpenDatabase
  readonly system: OpenDatabase
  /** The key the two logins' passwords follow from; a product process on this database needs the same SECRET_KEY. */
  readonly secretKey: Buffer
  /** Closes the pools and removes the database; keeps it for a look if a test of the file failed. */
  drop(): Promise<void>
}

/** A migrated, empty database for one test file, with the product's three logins. Made in the file's beforeAll or at its top. */
export async function testDatabase(): Promise<TestDatabase> {
  const { adminUrl, template } = await askBroker()
  return cloneDatabase(adminUrl, template)
}

/** An empty database, not migrated. */
export async function emptyDatabase(): Promise<{ owner: OpenDatabase; url: string; drop(): Promise<void> }> {
  const { adminUrl } = await askBroker()
  const name = newName()
  await asAdmin(adminUrl, (admin) => sql`create database ${sql.id(name)}`.execute(admin.db))
  const url = onDatabase(adminUrl, name)
  const owner = openDatabase({ url, max: 2 })
  return {
    owner,
    url,
    async drop() {
      await owner.close()
      await asAdmin(adminUrl, (admin) => remove(admin, name))
    },
  }
}

async function cloneDatabase(adminUrl: string, template: string): Promise<TestDatabase> {
  const name = newName()
  // File by file it takes half the time that it takes page by page, through the server's memory.
  await asAdmin(adminUrl, (admin) =>
    sql`create database ${sql.id(name)} template ${sql.id(template)} strategy file_copy`.execute(admin.db),
  )
  const url = onDatabase(adminUrl, name)
  const owner = openDatabase({ url, max: 4 })
  const secretKey = randomBytes(32)
  const { appUrl, systemUrl } = await ensureLogins(owner, secretKey)
  const app = openDatabase({ url: appUrl })
  const system = openDatabase({ url: systemUrl })
  return {
    ...{ url, appUrl, systemUrl, name, owner, app, system, secretKey },
    async drop() {
      await Promise.all([owner.close(), app.close(), system.close()])
      if (hasFailed()) return keep(name)
      await asAdmin(adminUrl, (admin) => remove(admin, name))
    },
  }
}

function newName(): string {
  return `test_${randomBytes(6).toString('hex')}`
}

async function remove(admin: OpenDatabase, name: string): Promise<void> {
  await sql`drop database if exists ${sql.id(name)} with (force)`.execute(admin.db)
  for (const kind of ['app', 'system'] as const) {
    for (const set of [0, 1] as const) {
      await sql`drop role if exists ${sql.id(loginName(name, kind, set))}`.execute(admin.db)
    }
  }
}

async function asAdmin<T>(url: string, work: (admin: OpenDatabase) => Promise<T>): Promise<T> {
  const admin = openDatabase({ url, max: 1 })
  try {
    return await work(admin)
  } finally {
    await admin.close()
  }
}

/** The server of this run, which starts with the first question; see global-setup.ts. */
async function askBroker(): Promise<{ adminUrl: string; template: string }> {
  const socket = createConnection(inject('databaseBroker').port, '127.0.0.1')
  try {
    for await (const line of createInterface(socket)) {
      // Written by global-setup.ts.
      const answer = JSON.parse(line) as { adminUrl: string; template: string } | { failed: string }
      if ('failed' in answer) throw new Error(answer.failed)
      return answer
    }
    throw new Error('the test run ended before its database server was ready')
  } finally {
    socket.destroy()
  }
}

async function keep(name: string): Promise<void> {
  const socket = createConnection(inject('databaseBroker').port, '127.0.0.1')
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.once('close', () => resolve())
    socket.end(`${name}\n`)
    socket.resume() // its answer is not needed, but must be read for the socket to close
  })
}
