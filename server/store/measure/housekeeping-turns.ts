import { type Kysely, sql } from 'kysely'
import type { Database } from '../database/schema.ts'

/** Letters of an error that are kept: enough to know it again; the log has the rest. */
const MOST_LETTERS = 500

/** Writes down how the turn of a task went. With the system login. */
export async function noteTurn(
  db: Kysely<Database>,
  turn: {
    readonly task: string
    readonly everySeconds: number
    readonly tookMs: number
    readonly error: string | undefined
  },
): Promise<void> {
  const error = turn.error?.slice(0, MOST_LETTERS) ?? null
  const began = sql`now() - make_interval(secs => ${turn.tookMs / 1000})`
  await sql`
    insert into housekeeping_turns (task, every_seconds, began_at, took_ms, good_at, error, failing_since)
    values (${turn.task}, ${turn.everySeconds}, ${began}, ${turn.tookMs}, case when ${error}::text is null then now() end,
      ${error}, case when ${error}::text is not null then now() end)
    on conflict (task) do update set every_seconds = excluded.every_seconds, began_at = excluded.began_at,
      took_ms = excluded.took_ms, good_at = coalesce(excluded.good_at, housekeeping_turns.good_at), error = excluded.error,
      failing_since = case when excluded.error is not null then coalesce(housekeeping_turns.failing_since, now()) end
  `.execute(db)
}

export type TurnRow = {
  readonly task: string
  readonly every_seconds: number
  readonly began_at: Date
  readonly took_ms: number
  readonly good_at: Date | null
  readonly error: string | null
  readonly failing_since: Date | null
  /** Three turns and more have passed without one. */
  readonly late: boolean
}

/** The last turn of each task, those that fail first. Tasks nobody has had for a month are of an older version. */
export async function listTurns(db: Kysely<Database>): Promise<readonly TurnRow[]> {
  const { rows } = await sql<TurnRow>`
    select task, every_seconds, began_at, took_ms, good_at, error, failing_since,
      began_at < now() - make_interval(secs => 3 * every_seconds + 60) as late
    from housekeeping_turns where began_at > now() - interval '30 days'
    order by error is null, task
  `.execute(db)
  return rows
}
