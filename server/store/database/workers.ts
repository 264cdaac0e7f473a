import { type Kysely, sql } from 'kysely'
import { followClock } from './ids.ts'
import type { Database, WorkerRole, WorkerState } from './schema.ts'

/** A process that has given no sign for so long is taken for lost: three beats of its heart, in seconds. */
export const LOST_AFTER_S = 15

export type WorkerSelf = {
  readonly id: string
  readonly host: string
  readonly pid: number
  readonly role: WorkerRole
  /** Of the product. */
  readonly version: string
  /** The last migration its code knows. */
  readonly schema: string
  readonly slots: number
}

export type WorkerSign = {
  readonly running: number
  readonly state: WorkerState
  /** Fingerprints of the secret keys it opens with, the one it seals with first. */
  readonly keys: readonly string[]
  /** Connections to the database that it keeps at most, and would; left out: as it said before. */
  readonly connections?: { readonly now: number; readonly wanted: number }
}

/** A sign of life; its answer brings the database's time, for ids. Rows of processes that were lost a day ago go. */
export async function signOfLife(db: Kysely<Database>, self: WorkerSelf, sign: WorkerSign): Promise<void> {
  const asked = performance.now()
  const { rows } = await sql<{ ms: number }>`
    with old as (delete from workers where seen_at < now() - interval '1 day'),
      known as (insert into product_versions (version) values (${self.version}) on conflict do nothing)
    insert into workers (id, host, pid, role, version, schema, slots, running, state, keys, connections, connections_wanted)
    values (${self.id}, ${self.host}, ${self.pid}, ${self.role}, ${self.version}, ${self.schema}, ${self.slots},
      ${sign.running}, ${sign.state}, ${sign.keys as string[]}, ${sign.connections?.now ?? 0},
      ${sign.connections?.wanted ?? 0})
    on conflict (id) do update set seen_at = now(), running = excluded.running, state = excluded.state,
      keys = excluded.keys
    returning extract(epoch from clock_timestamp())::float8 * 1000 as ms
  `.execute(db)
  followClock(rows[0]!.ms, (asked + performance.now()) / 2)
}

export async function leaveWorkers(db: Kysely<Database>, id: string): Promise<void> {
  await db.deleteFrom('workers').where('id', '=', id).execute()
}

/** The newest migration that the database went through and this code does not know. */
export async function migrationAhead(db: Kysely<Database>, known: readonly string[]): Promise<string | undefined> {
  const rows = await sql<{ name: string }>`
    select name from kysely_migration where name <> all(${known as string[]}::text[]) order by name desc limit 1
  `.execute(db)
  return rows.rows[0]?.name
}

export type WorkerRow = {
  readonly id: string
  readonly host: string
  readonly role: WorkerRole
  readonly version: string
  readonly started_at: Date
  readonly seen_at: Date
  readonly state: WorkerState | 'lost'
  readonly slots: number
  readonly running: number
}

/** All processes, those lost within the last hour too. */
export async function listWorkers(tx: Kysely<Database>): Promise<WorkerRow[]> {
  const rows = await sql<WorkerRow>`
    select id, host, role, version, started_at, seen_at, slots,
      case when seen_at < now() - make_interval(secs => ${LOST_AFTER_S}) then 0 else running end as running,
      case when seen_at < now() - make_interval(secs => ${LOST_AFTER_S}) then 'lost' else state end as state
    from workers where seen_at > now() - interval '1 hour' order by started_at, id
  `.execute(tx)
  return rows.rows
}

/** Fingerprints of the secret keys that each process holds. */
export async function keysOfProcesses(db: Kysely<Database>): Promise<readonly (readonly string[])[]> {
  const { rows } = await sql<{ keys: string[] }>`
    select keys from workers where seen_at > now() - make_interval(secs => ${LOST_AFTER_S})
  `.execute(db)
  return rows.map(({ keys }) => keys)
}

/** Versions of the product that came into use within the 24 hours that are shown, oldest first; the very first came from none. */
export async function newVersions(tx: Kysely<Database>): Promise<readonly { version: string; first_at: Date }[]> {
  const rows = await sql<{ version: string; first_at: Date }>`
    select version, first_at from product_versions v
    where first_at >= date_trunc('hour', now()) - interval '23 hours'
      and exists (select 1 from product_versions older where older.first_at < v.first_at)
    order by first_at limit 20
  `.execute(tx)
  return rows.rows
}

/**
 * How many runs the processes that take any carry out at a time, as `slots` (null: there is no such process), how many
 * more, as `free`, and how many of the slots are not for bulk, as `kept`.
 */
export const slotsOfWorkers = () => sql`(
  select sum(slots)::int as slots, coalesce(sum(greatest(slots - running, 0)), 0)::int as free,
    count(*) filter (where slots > 1)::int as kept
  from workers where role <> 'api' and state in ('working', 'idle')
    and seen_at > now() - make_interval(secs => ${LOST_AFTER_S})
)`
