import { type Kysely, sql } from 'kysely'
import type { Database, FiringOutcome, RunState } from '../database/schema.ts'

/** What the whole installation is measured by, of all workspaces: with the system login. */
export async function measure(db: Kysely<Database>): Promise<{
  readonly ended: readonly { readonly state: RunState; readonly count: number }[]
  readonly firings: readonly { readonly outcome: FiringOutcome; readonly count: number }[]
  readonly lag: number
}> {
  const ended = await sql<{ state: RunState; count: number }>`
    select state, count(*)::int as count from runs
    where id >= (lpad(to_hex((extract(epoch from now() - interval '1 hour') * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid
      and state in ('succeeded', 'partly', 'failed', 'cancelled')
    group by state
  `.execute(db)
  const firings = await sql<{ outcome: FiringOutcome; count: number }>`
    select outcome, count(*)::int as count from firings where due > now() - interval '1 hour' and due <= now() group by outcome
  `.execute(db)
  const late = await sql<{ lag: number }>`
    select coalesce(greatest(extract(epoch from now() - min(next_due)), 0), 0)::float8 as lag from schedules
  `.execute(db)
  return { ended: ended.rows, firings: firings.rows, lag: late.rows[0]?.lag ?? 0 }
}
