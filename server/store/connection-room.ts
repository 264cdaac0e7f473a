import { type Kysely, sql } from 'kysely'
import { DatabaseError } from './errors.ts'
import type { Database } from './schema.ts'

/** With fewer, a process cannot do its work. */
const FEWEST = 5

/**
 * How many database connections this process may take: those wanted, or fewer when the server has no room for them.
 * @param db with the owner's login; its own connections are counted as used.
 * @throws CONNECTIONS_SHORT when there is no room for five.
 */
export async function connectionRoom(
  db: Kysely<Database>,
  wanted: number,
  warn: (message: string) => void,
): Promise<number> {
  const { rows } = await sql<{ most: number; reserved: number; used: number }>`
    select current_setting('max_connections')::int as most,
      current_setting('superuser_reserved_connections')::int
        + coalesce(current_setting('reserved_connections', true)::int, 0) as reserved,
      (select coalesce(sum(numbackends), 0)::int from pg_stat_database) as used
  `.execute(db)
  const { most = 0, reserved = 0, used = 0 } = rows[0] ?? {}
  const free = most - reserved - used
  const account = `its max_connections is ${most}, ${reserved} are reserved, ${used} in use`
  if (free >= wanted) return wanted
  if (free < FEWEST) {
    throw new DatabaseError(
      'CONNECTIONS_SHORT',
      `the database server has room for ${Math.max(free, 0)} more connections, a process needs at least ${FEWEST}: ${account}. Raise max_connections, or lower DATABASE_CONNECTIONS of the other processes.`,
    )
  }
  warn(
    `DATABASE_CONNECTIONS is ${wanted}, the database server has room for ${free} (${account}); this process takes ${free}. Raise max_connections, or lower DATABASE_CONNECTIONS.`,
  )
  return free
}

/** How a process divides its connections. `jobs` only where runs are carried out; one of them listens. */
export function shareConnections(
  total: number,
  withJobs: boolean,
): { readonly app: number; readonly system: number; readonly jobs: number } {
  const jobs = withJobs ? (total >= 20 ? 4 : total >= 10 ? 3 : 2) : 0
  const system = Math.max(1, Math.round((total - jobs) / 3))
  return { app: total - jobs - system, system, jobs }
}
