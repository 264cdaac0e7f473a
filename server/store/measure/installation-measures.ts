import { type Kysely, sql } from 'kysely'
import type { TraceDays } from '../database/partitions.ts'
import type { Database, TraceClass } from '../database/schema.ts'

/** The database as a whole. */
export type DatabaseMeasures = {
  readonly version: string
  readonly bytes: number
  /** Connections of all processes and programs, and how many the server takes. */
  readonly used: number
  readonly most: number
  /** The transaction that keeps it from cleaning up, open for the longest; null: none that its owner may see. */
  readonly oldest: { readonly seconds: number; readonly application: string; readonly pid: number } | null
}

/** With the system login. */
export async function measureDatabase(db: Kysely<Database>): Promise<DatabaseMeasures> {
  const { rows } = await sql<DatabaseMeasures>`
    select current_setting('server_version') as version, pg_database_size(current_database())::bigint as bytes,
      (select coalesce(sum(numbackends), 0)::int from pg_stat_database) as used,
      current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
        - coalesce(current_setting('reserved_connections', true)::int, 0) as most,
      (select row_to_json(o) from tieline_oldest_transaction() o) as oldest
  `.execute(db)
  return rows[0]!
}

export type TraceRow = {
  readonly trace_class: TraceClass
  readonly kept: 'payloads' | 'steps'
  readonly partitions: number
  /** Days, as YYYY-MM-DD. */
  readonly oldest: string
  readonly until: string
  /** As the database last counted its pages; its own housekeeping renews that. */
  readonly bytes: number
  /** When the oldest day goes, and whether it should be gone. */
  readonly next_drop: string
  readonly overdue: boolean
  /** How many days ahead there is a partition for. */
  readonly ahead: number
  readonly last_dropped_at: Date | null
}

/** Partitions of traces by class: contents of records (`payloads`), what steps did (`steps`). With the system login. */
export async function measureTraces(db: Kysely<Database>, days: TraceDays): Promise<readonly TraceRow[]> {
  const classes = Object.keys(days) as TraceClass[] // the keys of TraceDays are the classes, by its type
  const { rows } = await sql<TraceRow>`
    with found as (
      select substring(c.relname from '^(payloads|steps)_') as kept,
        substring(c.relname from '^[a-z]+_(short|standard|long)_') as trace_class,
        to_date(right(c.relname, 8), 'YYYYMMDD') as day,
        (c.relpages + coalesce(t.relpages, 0))::bigint * current_setting('block_size')::int as bytes
      from pg_class c left join pg_class t on t.oid = c.reltoastrelid
      where c.relispartition and c.relkind = 'r' and c.relname ~ '^(payloads|steps)_(short|standard|long)_[0-9]{8}$'
    ), policy as (
      select * from unnest(${classes}::text[], ${classes.map((one) => days[one].content)}::int[],
        ${classes.map((one) => days[one].metadata)}::int[]) as p (trace_class, payloads, steps)
    ), counted as (
      select f.trace_class, f.kept, count(*)::int as partitions, min(f.day) as oldest, max(f.day) as until,
        sum(f.bytes)::bigint as bytes, min(case f.kept when 'payloads' then p.payloads else p.steps end) as keep
      from found f join policy p on p.trace_class = f.trace_class group by f.trace_class, f.kept
    )
    select trace_class, kept, partitions, oldest, until, bytes, oldest + keep + 1 as next_drop,
      -- A day of leave: whoever drops comes by the hour.
      oldest + keep + 2 < current_date as overdue, until - current_date as ahead,
      (select max(dropped_at) from dropped_partitions d
        where d.trace_class = counted.trace_class and d.kept = counted.kept) as last_dropped_at
    from counted order by array_position(array['short', 'standard', 'long'], trace_class), kept
  `.execute(db)
  return rows
}

export type InstallationNumbers = {
  readonly lanes: readonly { readonly lane: string; readonly queued: number; readonly oldest_seconds: number | null }[]
  readonly inbox: { readonly waiting: number; readonly oldest_seconds: number | null }
}

/** Events that are counted one by one; a flood of more is not worth the time. */
const MOST_EVENTS = 100_000

/** Of all workspaces, for measures. With the system login. */
export async function measureWaiting(db: Kysely<Database>): Promise<InstallationNumbers> {
  const lanes = await sql<InstallationNumbers['lanes'][number]>`
    select l.lane, count(r.id)::int as queued, extract(epoch from now() - min(r.created_at))::float8 as oldest_seconds
    from unnest(array['live', 'bulk']) as l (lane) left join runs r on r.lane = l.lane and r.state = 'queued'
    group by l.lane order by l.lane desc
  `.execute(db)
  const inbox = await sql<InstallationNumbers['inbox']>`
    select count(*)::int as waiting, extract(epoch from now() - min(received_at))::float8 as oldest_seconds
    from (select received_at from inbox where run_id is null limit ${MOST_EVENTS}) i
  `.execute(db)
  return { lanes: lanes.rows, inbox: inbox.rows[0]! }
}
