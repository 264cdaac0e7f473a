import { type Kysely, sql } from 'kysely'
import type { Database } from '../database/schema.ts'
import { LOST_AFTER_S } from '../database/workers.ts'

/** How processes of the product call their connections: by what they are for, and the end of the process's id. */
export const productApplication = (what: 'app' | 'system' | 'jobs', process: string): string =>
  `tieline ${what} ${process.split('/').at(-1)}`

export type KeyHolder = {
  readonly host: string
  readonly pid: number
  /** Fingerprints of the keys it opens with, the one it seals with first. */
  readonly keys: readonly string[]
  /** Whether it is connected as one of the logins asked about. */
  readonly byLogin: boolean
}

/** A connection of the product whose process gives no sign of life: it is frozen, starting, or of an older version. */
export type Stranger = { readonly application: string; readonly address: string; readonly pid: number }

/**
 * The processes that run, and the connections of which nobody knows which process has them. With the owner's login.
 * @param logins names of logins that are to be ended
 */
export async function keyHolders(
  db: Kysely<Database>,
  logins: readonly string[] = [],
): Promise<{ readonly holders: readonly KeyHolder[]; readonly strangers: readonly Stranger[] }> {
  const processes = await sql<KeyHolder & { short: string }>`
    select host, pid, keys, substring(id from '[^/]*$') as short, exists (
      select 1 from pg_stat_activity where datname = current_database() and usename = any(${logins as string[]}::text[])
        and substring(application_name from '[^ ]*$') = substring(id from '[^/]*$')
    ) as "byLogin"
    from workers where seen_at > now() - make_interval(secs => ${LOST_AFTER_S}) order by started_at, id
  `.execute(db)
  // What it calls itself is shown of every connection, also to an owner who is no superuser.
  const connections = await sql<Stranger>`
    select application_name as application, coalesce(host(client_addr), 'this machine') as address, pid
    from pg_stat_activity where datname = current_database()
      and application_name ~ '^tieline (app|system|jobs|migration)( |$)'
  `.execute(db)
  const known = new Set(processes.rows.map(({ short }) => short))
  return {
    holders: processes.rows.map(({ host, pid, keys, byLogin }) => ({ host, pid, keys, byLogin })),
    strangers: connections.rows.filter(({ application }) => !known.has(application.split(' ')[2] ?? '')),
  }
}

/** A moment in the database's own count: what began to write before it is named by a smaller number. */
export async function writersNow(db: Kysely<Database>): Promise<string> {
  const { rows } = await sql<{ next: string }>`select pg_snapshot_xmax(pg_current_snapshot())::text as next`.execute(db)
  return rows[0]!.next
}

/** Whether all that had begun to write by then has come to its end. */
export async function writersEnded(db: Kysely<Database>, then: string): Promise<boolean> {
  const { rows } = await sql<{ ended: boolean }>`
    select pg_snapshot_xmin(pg_current_snapshot()) >= ${then}::xid8 as ended
  `.execute(db)
  return rows[0]!.ended
}
