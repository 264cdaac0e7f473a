import { type Kysely, sql, type Transaction } from 'kysely'
import type { Database, TraceClass } from './schema.ts'

/** Where a run's trace lies: with these a statement looks into one partition and not into all. */
export type TracePlace = { readonly run: string; readonly day: string; readonly traceClass: TraceClass }

/** Days for which traces are kept, by class. */
export type TraceDays = { readonly [C in TraceClass]: { readonly content: number; readonly metadata: number } }

/** Days of partitions that exist beforehand; housekeeping comes every hour. */
const AHEAD = 9
/** Tries at a partition that somebody is writing into, and what lies between them. */
const TRIES = 5
const PAUSE_MS = 400
/** Most partitions of one round: the first round after a long rest must not take hours. */
const MOST = 400

/** Keeps tomorrow's partitions ready. With the system login; any number of processes may do it. */
export async function ensurePartitions(system: Kysely<Database>): Promise<void> {
  await sql`select tieline_ensure_partitions(current_date - 1, ${AHEAD}::int)`.execute(system)
}

/** Classes and days that are known to have a place; as long as a run of theirs is at work they keep it. */
const places = new WeakMap<Kysely<Database>, Set<string>>()

/**
 * Sees to it that what a run does can be written down before it does anything: housekeeping may have rested for longer
 * than it makes partitions ahead. With the system login.
 */
export async function ensureTracePlace(
  system: Kysely<Database>,
  { day, traceClass }: Pick<TracePlace, 'day' | 'traceClass'>,
): Promise<void> {
  const known = places.get(system) ?? new Set<string>()
  places.set(system, known)
  const place = `${traceClass}_${day.replaceAll('-', '')}`
  if (known.has(place)) return
  const { rows } = await sql<{ there: boolean }>`
    select bool_and(to_regclass(kept || ${`_${place}`}::text) is not null) as there
    from unnest(array['steps', 'payloads', 'record_keys']) as t (kept)
  `.execute(system)
  if (!rows[0]?.there) await sql`select tieline_ensure_partitions(${day}::date, 1)`.execute(system)
  known.add(place)
}

/**
 * Drops the days that are past their time, and writes each down in `dropped_partitions`. Those of runs still at work stay.
 * A partition that stays busy is left for the next round. Answers the names. With the system login.
 */
export async function dropPartitions(system: Kysely<Database>, days: TraceDays): Promise<string[]> {
  const dropped: string[] = []
  // Keys of TraceDays are the classes, by its type.
  for (const name of Object.keys(days) as TraceClass[]) {
    const { content, metadata } = days[name]
    for (let tries = 0; tries < TRIES && dropped.length < MOST; ) {
      const partition = await unlessBusy(system, sql`select tieline_drop_partition(${name}, ${content}, ${metadata})`)
      if (partition === null) break
      if (partition === 'busy') {
        tries += 1
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
      } else {
        tries = 0
        dropped.push(partition)
      }
    }
  }
  return dropped
}

/** Makes the index over business keys of days that are over. Answers the names. With the system login. */
export async function indexKeys(system: Kysely<Database>): Promise<string[]> {
  const indexed: string[] = []
  while (indexed.length < MOST) {
    const partition = await unlessBusy(system, sql`select tieline_index_keys()`)
    if (partition === null || partition === 'busy') break
    indexed.push(partition)
  }
  return indexed
}

type Answer = { readonly [column: string]: string | null }

async function unlessBusy(
  system: Kysely<Database>,
  statement: { execute(db: Kysely<Database>): Promise<{ rows: unknown[] }> },
): Promise<string | 'busy' | null> {
  try {
    const rows = await system.transaction().execute(async (tx) => {
      // An index over the keys of ten million records takes minutes.
      await sql`set local statement_timeout = '30min'`.execute(tx)
      // One row with one column, by the two statements above.
      return (await statement.execute(tx)).rows as Answer[]
    })
    return Object.values(rows[0] ?? {})[0] ?? null
  } catch (error) {
    // lock_not_available
    if (error instanceof Error && 'code' in error && error.code === '55P03') return 'busy'
    throw error
  }
}

/** When and by which policy a day of traces was dropped; undefined while it is there. */
export async function whenDropped(
  tx: Transaction<Database>,
  kept: 'steps' | 'payloads',
  { day, traceClass }: Pick<TracePlace, 'day' | 'traceClass'>,
): Promise<{ readonly at: Date; readonly days: number } | undefined> {
  const row = await tx
    .selectFrom('dropped_partitions')
    .select(['dropped_at', 'policy_days'])
    .where('name', '=', `${kept}_${traceClass}_${day.replaceAll('-', '')}`)
    .orderBy('dropped_at', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row && { at: row.dropped_at, days: row.policy_days }
}
