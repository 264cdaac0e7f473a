import { type Kysely, sql, type Transaction } from 'kysely'
import type { Database } from './schema.ts'

// The database's clock may be set while the product runs. A process knows of it by its own monotonic clock: between two
// readings as much time passes on both. What is noticed is written down for all.

type Db = Kysely<Database>

/** A difference of two clocks for which nobody set one of them, in milliseconds: they drift, and an answer takes its time. */
const DRIFT_MS = 10_000

/** What the database's clock said at some moment between two of ours, and by how much it was set as far as was known. */
type Reading = {
  readonly theirs: number
  readonly asked: number
  readonly heard: number
  readonly known: number
}

const readings = new WeakMap<Db, Reading>()
const noticing = new WeakMap<Db, Promise<void>>()

/**
 * Reads the database's clock and writes down that it was set since this process last did, unless another one has. Where
 * it was set back, what was to happen after a while is brought forward, so that it waits no longer than that.
 * @param db logged in as tieline_system.
 */
export function noticeJump(db: Db, leaseSeconds: number): Promise<void> {
  // One after the other: who comes second may count on what the first has seen.
  const one = (noticing.get(db) ?? Promise.resolve()).then(() => notice(db, leaseSeconds))
  noticing.set(
    db,
    one.catch(() => undefined),
  )
  return one
}

async function notice(db: Db, leaseSeconds: number): Promise<void> {
  const reading = await readClock(db)
  const before = readings.get(db)
  const jump = before ? difference(before, reading) : 0
  if (before && !isTold(jump, before, reading)) {
    await db.transaction().execute(async (tx) => {
      await sql`select pg_advisory_xact_lock(hashtext('clock_jumps'))`.execute(tx)
      if (isTold(jump, before, await readClock(tx))) return
      await sql`
        insert into clock_jumps (jumped_from, jumped_to)
        select t - make_interval(secs => ${jump / 1000}), t from clock_timestamp() as t
      `.execute(tx)
      if (jump < 0) await bringForward(tx, -jump / 1000, leaseSeconds)
    })
    readings.set(db, await readClock(db))
  } else readings.set(db, reading)
}

async function readClock(db: Db | Transaction<Database>): Promise<Reading> {
  const asked = performance.now()
  const { rows } = await sql<{ theirs: number; known: number }>`
    select extract(epoch from clock_timestamp())::float8 * 1000 as theirs,
      coalesce(sum(extract(epoch from jumped_to - jumped_from)), 0)::float8 * 1000 as known
    from clock_jumps
  `.execute(db)
  return { ...rows[0]!, asked, heard: performance.now() }
}

/** By how much the clock was set in between; 0 where it may have gone on by itself. */
function difference(from: Reading, to: Reading): number {
  const passed = to.theirs - from.theirs
  const [least, most] = [to.asked - from.heard, to.heard - from.asked]
  return passed > most + DRIFT_MS || passed < least - DRIFT_MS ? passed - (least + most) / 2 : 0
}

const isTold = (jump: number, before: Reading, now: Reading) =>
  jump === 0 || Math.abs(jump - (now.known - before.known)) < DRIFT_MS

/** Leases, times at which runs go on and jobs that wake lanes are so long after now as they were before the clock was set back. */
async function bringForward(tx: Transaction<Database>, seconds: number, leaseSeconds: number): Promise<void> {
  await sql`
    update runs set lease_until = clock_timestamp() + make_interval(secs => ${leaseSeconds})
    where state = 'running' and lease_until > clock_timestamp() + make_interval(secs => ${leaseSeconds})
  `.execute(tx)
  await sql`
    update runs set wake_at = wake_at - make_interval(secs => ${seconds})
    where state = 'waiting' and wake_at > clock_timestamp()
  `.execute(tx)
  await sql`
    update graphile_worker._private_jobs set run_at = run_at - make_interval(secs => ${seconds})
    where run_at > clock_timestamp() and starts_with(key, 'lane:')
  `.execute(tx)
}

/** SQL: how long it surely was since a time that the clock said, in milliseconds; never less than none. */
export const surelySince = (time: ReturnType<typeof sql>) => sql<number>`greatest(0, extract(epoch from
  clock_timestamp() - ${time} - coalesce((
    select sum(jumped_to - jumped_from) from clock_jumps
    where jumped_from >= ${time} and (jumped_to > jumped_from or jumped_to > ${time} or ${time} > clock_timestamp())
  ), interval '0')
)::float8 * 1000)`

/** SQL: how long it may have been since a time that the clock said, in milliseconds; null where nobody can tell. */
export const perhapsSince = (time: ReturnType<typeof sql>) => sql<number | null>`(
  select case when ms >= 0 then ms end from (
    select extract(epoch from clock_timestamp() - ${time} + coalesce((
      select sum(jumped_from - jumped_to) from clock_jumps
      where jumped_from >= ${time} and jumped_to < jumped_from
    ), interval '0'))::float8 * 1000 as ms
  ) passed
)`
