import { type Kysely, sql } from 'kysely'
import { together } from './one-trip.ts'
import type { Database, Lane } from './schema.ts'

// A wake-up is a hint that a lane has work. It is given after the commit that made the work: within the transaction it
// would hold the lane's job and PostgreSQL's one lock for notifications until the disk has answered, and put all
// commits of the installation in a row. A wake-up that is lost on the way is made up for by the workers' beat.

type Db = Kysely<Database>
type Key = `${string}:${Lane}`

const split = (key: Key): [string, string] => [key.slice(0, 36), key.slice(37)] // a UUID has 36 characters

const waiting = new WeakMap<Db, Set<Key>>()
const calling = new WeakMap<Db, Map<Key, { again: boolean }>>()

/** Runs a transaction's work, then wakes the lanes it named. `db` is what the transaction was begun on. */
export async function wakingAfter<T>(db: Db, begin: (listen: (trx: Db) => void) => Promise<T>): Promise<T> {
  const lanes = new Set<Key>()
  const result = await begin((trx) => waiting.set(trx, lanes))
  for (const key of lanes) void call(db, key)
  return result
}

/** Wakes a lane when the transaction has committed; at its end, where nobody listens for the commit. */
export async function wakeAfterCommit(trx: Db, workspace: string, lane: Lane): Promise<void> {
  const lanes = waiting.get(trx)
  if (lanes) lanes.add(`${workspace}:${lane}`)
  else await sql`select tieline_wake(${workspace}, ${lane})`.execute(trx)
}

/** Wakes a lane now. Never throws: the beat finds what this one could not say. */
export function wakeLane(db: Db, workspace: string, lane: Lane): Promise<void> {
  return call(db, `${workspace}:${lane}`)
}

/** One call of each lane under way at a time; those that come meanwhile share the one after. */
async function call(db: Db, key: Key): Promise<void> {
  const lanes = calling.get(db) ?? new Map<Key, { again: boolean }>()
  calling.set(db, lanes)
  const under = lanes.get(key)
  if (under) {
    under.again = true
    return
  }
  const state = { again: true }
  lanes.set(key, state)
  try {
    while (state.again) {
      state.again = false
      const [workspace, lane] = split(key)
      await together(db, [sql`select tieline_wake(${workspace}, ${lane})`])
    }
  } catch {
    // The database is away or closing.
  } finally {
    lanes.delete(key)
  }
}
