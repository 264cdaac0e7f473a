import { type Kysely, sql } from 'kysely'
import type { Database } from '../database/schema.ts'

/** Rows of one statement: a few hundred milliseconds at most. */
const BATCH = 5_000

/**
 * Removes what runs that have ended had gathered for joins and summaries: nothing reads it any more. With the system
 * login. Answers how many rows went.
 */
export async function removeLeftovers(db: Kysely<Database>): Promise<number> {
  let removed = 0
  for (const table of ['run_sets', 'run_folds'] as const) {
    for (;;) {
      const result = await sql`
        delete from ${sql.table(table)} where ctid = any(array(
          select k.ctid from ${sql.table(table)} k
          join runs r on r.workspace_id = k.workspace_id and r.id = k.run_id
          where r.state in ('succeeded', 'partly', 'failed', 'cancelled') limit ${BATCH}
        ))
      `.execute(db)
      const gone = Number(result.numAffectedRows ?? 0n)
      removed += gone
      if (gone < BATCH) break
    }
  }
  return removed
}
