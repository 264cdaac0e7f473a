import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import { isNoProcess } from './connect/place.ts'
import { connectionRoom, FEWEST_CONNECTIONS, keepRoom, shareConnections } from './store/database/connection-room.ts'
import type { Pool } from './store/database/database.ts'
import { DatabaseError } from './store/database/errors.ts'
import type { Database } from './store/database/schema.ts'
import { leaveWorkers, signOfLife, type WorkerSelf } from './store/database/workers.ts'

/** Others make room at their next sign of life; a process that died counts until it is taken for lost. */
const PATIENCE_MS = 17_000
const ASK_EVERY_MS = 1_000

/**
 * Takes connections for a process that starts, and writes it down among the processes. Waits for others to make room.
 * @param db with the owner's login.
 * @throws CONNECTIONS_SHORT when its share would be less than it needs.
 */
export async function takeConnections(
  db: Kysely<Database>,
  self: WorkerSelf,
  keys: readonly string[],
  wanted: number,
  warn: (message: string) => void,
): Promise<number> {
  const until = performance.now() + PATIENCE_MS
  for (;;) {
    const { room, account } = await db.transaction().execute(async (tx) => {
      const asked = await connectionRoom(tx, self, wanted, isGone)
      // Also of one that gets too few as yet: the others see that it is there, and make room.
      const connections = { now: asked.room, wanted }
      await signOfLife(tx, self, { running: 0, state: 'starting', keys, connections })
      await keepRoom(tx, self, asked.room)
      return asked
    })
    if (room >= FEWEST_CONNECTIONS) {
      if (room < wanted) {
        warn(
          `DATABASE_CONNECTIONS is ${wanted}, and the database server has no room for what all processes want: ${account}. This process takes ${room} for now. Raise max_connections, or lower DATABASE_CONNECTIONS.`,
        )
      }
      return room
    }
    if (performance.now() > until) {
      await leaveWorkers(db, self.id)
      throw new DatabaseError(
        'CONNECTIONS_SHORT',
        `the database server has room for ${room} more connections, a process needs at least ${FEWEST_CONNECTIONS}: ${account}. Raise max_connections, or stop a process.`,
      )
    }
    await sleep(ASK_EVERY_MS)
  }
}

export type Pools = { readonly [name in 'app' | 'system' | 'jobs']?: Pool }

/** At each sign of life: gives connections back that others need, and takes what has become free. */
export async function fitConnections(
  db: Kysely<Database>,
  self: WorkerSelf,
  wanted: number,
  pools: Pools,
): Promise<void> {
  const room = await db.transaction().execute(async (tx) => {
    const { room: asked } = await connectionRoom(tx, self, wanted, isGone)
    const allowed = Math.max(FEWEST_CONNECTIONS, asked)
    await keepRoom(tx, self, allowed)
    return allowed
  })
  const share = shareConnections(room, self.role !== 'api')
  for (const name of ['app', 'system', 'jobs'] as const) resize(pools[name], share[name])
}

function resize(pool: Pool | undefined, most: number): void {
  if (pool === undefined || pool.options.max === most) return
  pool.options.max = most
  for (let excess = pool.totalCount - most; excess > 0; excess -= 1) {
    // In its turn, like any other that asks; what is lent now is not taken from anybody.
    pool.connect().then(
      (client) => client.release(true),
      () => undefined,
    )
  }
}

/** A process of this machine that is not there any more. (Of another one nobody here can tell.) */
const isGone = ({ host, pid }: { readonly host: string; readonly pid: number }) =>
  host === hostname() && isNoProcess(pid)
