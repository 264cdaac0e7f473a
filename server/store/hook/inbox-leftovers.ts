import { type Kysely, sql } from 'kysely'
import type { TraceDays } from '../database/partitions.ts'
import type { Database } from '../database/schema.ts'

/** For so long an event that comes again is known, in days. See docs/hooks.md. */
export const KNOWN_DAYS = 90
/** Rows of one statement, which commits: nobody waits long for what it locks. */
const BATCH = 2_000
/** Statements of one round; what is left then is for the next. */
const MOST_BATCHES = 500

/**
 * Takes the content out of events that were carried out and whose traces are past their time, and removes events past 90
 * days, whether a run has taken them or not. Both by id, hook by hook. With the system login.
 */
export async function removeOldEvents(db: Kysely<Database>, days: TraceDays): Promise<void> {
  const classes = sql`(values ${sql.join(
    Object.entries(days).map(([name, { content }]) => sql`(${name}::text, ${content}::int)`),
  )}) as kept (name, days)`
  await inBatches(() =>
    sql`
      update inbox set content = null from (
        select i.workspace_id, i.hook_id, i.id from hooks h
        join workspaces w on w.id = h.workspace_id join ${classes} on kept.name = w.trace_class
        cross join lateral (
          select workspace_id, hook_id, id from inbox
          where workspace_id = h.workspace_id and hook_id = h.id and content is not null and run_id is not null
            and id < tieline_first_id(now() - make_interval(days => kept.days))
          order by id limit ${BATCH}
        ) i limit ${BATCH}
      ) old where inbox.workspace_id = old.workspace_id and inbox.hook_id = old.hook_id and inbox.id = old.id
    `.execute(db),
  )
  await inBatches(() =>
    sql`
      delete from inbox using (
        select i.workspace_id, i.hook_id, i.id from hooks h cross join lateral (
          select workspace_id, hook_id, id from inbox
          where workspace_id = h.workspace_id and hook_id = h.id
            and id < tieline_first_id(now() - make_interval(days => ${KNOWN_DAYS}))
          order by id limit ${BATCH}
        ) i limit ${BATCH}
      ) old where inbox.workspace_id = old.workspace_id and inbox.hook_id = old.hook_id and inbox.id = old.id
    `.execute(db),
  )
  await sql`delete from hook_hours where hour < now() - make_interval(days => ${KNOWN_DAYS})`.execute(db)
}

async function inBatches(statement: () => Promise<{ readonly numAffectedRows?: bigint }>): Promise<void> {
  for (let round = 0; round < MOST_BATCHES; round++) if (((await statement()).numAffectedRows ?? 0n) < BATCH) return
}
