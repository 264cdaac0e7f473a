import { AsyncLocalStorage } from 'node:async_hooks'
import type { PostgresPool } from 'kysely'
import type { Pool, PoolClient } from 'pg'

// People, runs and housekeeping share connections, of which a server has few, and each may ask for as long as it can bear.
// So the limit belongs to the work, not to the connection: who works says it once, and whatever is lent to that work has it.

const ofWork = new AsyncLocalStorage<number>()

/** How long one statement of this work may take, in milliseconds, whichever login it asks with. 0: no limit. */
export function withStatementLimit<T>(ms: number, work: () => T): T {
  return ofWork.run(ms, work)
}

/** Lends connections with the limit of the work that asks; to work that named none, with the usual one. */
export function lendWithLimit(pool: Pool, usualMs: number): PostgresPool {
  const limits = new WeakMap<PoolClient, number>()
  return {
    options: pool.options,
    async connect() {
      const ms = ofWork.getStore() ?? usualMs
      const client = await pool.connect()
      if ((limits.get(client) ?? usualMs) !== ms) {
        limits.set(client, ms)
        // Leaves together with the statement after it. It fails with the connection only, and so does that one.
        client.query(`set statement_timeout = ${ms}`).catch(() => undefined)
      }
      return client
    },
    end: () => pool.end(),
  }
}
