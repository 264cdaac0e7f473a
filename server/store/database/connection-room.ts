import { type Kysely, sql, type Transaction } from 'kysely'
import type { Database } from './schema.ts'
import { LOST_AFTER_S, type WorkerSelf } from './workers.ts'

/** With fewer, a process cannot do its work. */
export const FEWEST_CONNECTIONS = 5
/** Left for commands such as a backup, and for the process that has to say that there is no room for it. */
const LEFT_FREE = 2

export type ConnectionRoom = {
  /** What this process may keep now. */
  readonly room: number
  /** How the server stands, for people. */
  readonly account: string
}

type Server = {
  readonly most: number
  readonly reserved: number
  readonly used: number
  readonly ours: number
  readonly mine: number
}
type Other = {
  readonly host: string
  readonly pid: number
  readonly connections: number
  readonly connections_wanted: number
}

/**
 * How many connections to the database this process may keep: those wanted, or its share where the server has no room for
 * what all processes want. Pools open as they are used, so processes say what they keep at most, and count that.
 * Processes that ask at the same moment wait for each other until the transaction ends: write the answer down in it.
 * @param isGone a process that cannot have any connection any more, though it gave a sign of life a moment ago.
 */
export async function connectionRoom(
  tx: Transaction<Database>,
  self: Pick<WorkerSelf, 'id'>,
  wanted: number,
  isGone: (process: { readonly host: string; readonly pid: number }) => boolean,
): Promise<ConnectionRoom> {
  await sql`select pg_advisory_xact_lock(hashtext('tieline connections'))`.execute(tx)
  // What a connection calls itself is shown to everybody; only the last part of it says of which process it is.
  const server = await sql<Server>`
    select current_setting('max_connections')::int as most,
      current_setting('superuser_reserved_connections')::int
        + coalesce(current_setting('reserved_connections', true)::int, 0) as reserved,
      (select coalesce(sum(numbackends), 0)::int from pg_stat_database) as used,
      count(*)::int as ours,
      count(*) filter (where substring(application_name from '[^ ]*$') = ${self.id.split('/').at(-1) ?? ''})::int as mine
    from pg_stat_activity where datname = current_database() and application_name like 'tieline %'
  `.execute(tx)
  const rows = await sql<Other>`
    select host, pid, connections, connections_wanted from workers
    where id <> ${self.id} and seen_at > now() - make_interval(secs => ${LOST_AFTER_S})
  `.execute(tx)
  const { most, reserved, used, ours, mine } = server.rows[0]!
  const others = rows.rows.filter((one) => !isGone(one))
  const forUs = most - reserved - LEFT_FREE - Math.max(0, used - ours)
  const promised = others.reduce((sum, { connections }) => sum + connections, 0)
  const free = forUs - Math.max(promised, ours - mine)
  const share = shareOf(
    wanted,
    others.map((one) => Math.max(one.connections, one.connections_wanted)),
    forUs,
  )
  return {
    // Less than its share as long as the others have not made room.
    room: Math.max(0, Math.min(share, free)),
    account: `its max_connections is ${most}, ${reserved} are reserved, ${LEFT_FREE} kept free, ${Math.max(0, used - ours)} used by others; ${others.length + 1} processes of the product share the rest`,
  }
}

/** Of so many: what is wanted, where all get what they want; else the same for all, but for those that want less. */
export function shareOf(wanted: number, others: readonly number[], all: number): number {
  const wants = [...others, wanted].sort((a, b) => a - b)
  let left = Math.max(0, all)
  for (const [index, want] of wants.entries()) {
    const even = Math.floor(left / (wants.length - index))
    if (want > even) return Math.min(wanted, even)
    left -= want
  }
  return wanted
}

/** Keeps down what connectionRoom has allowed, of a process that is known already. */
export async function keepRoom(
  db: Kysely<Database>,
  { id }: Pick<WorkerSelf, 'id'>,
  connections: number,
): Promise<void> {
  await db.updateTable('workers').set({ connections }).where('id', '=', id).execute()
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
