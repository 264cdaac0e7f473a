import { type Kysely, sql } from 'kysely'
import { inWorkspace } from '../database/database.ts'
import { retryExceptions } from '../exception/retries.ts'
import type { Database } from '../database/schema.ts'

/** What people settle in the other system, where nobody hears of it. Trying it again only asks: nothing is sent. */
const CODES = ['CONTACT_MERGED']
/** A day, less half of the time between two turns: it stays at its hour. */
const MINUTES = 24 * 60 - 30
/** Of one flow in one turn, oldest first: a call or two. */
const AT_ONCE = 1_000

/** All workspaces whose flows run. With the system login. */
export async function openWorkspaces(system: Kysely<Database>): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`select id from workspaces where closing_at is null`.execute(system)
  return rows.map(({ id }) => id)
}

/**
 * Tries again what may have been settled elsewhere, once a day, in flows that are at work. What somebody has put aside
 * until a day waits for it. Answers the runs that look.
 */
export function lookAgain(app: Kysely<Database>, workspace: string): Promise<readonly string[]> {
  return inWorkspace(app, workspace, async (tx) => {
    const { rows } = await sql<{ ids: string[] }>`
      select (array_agg(x.id order by x.id))[1:${AT_ONCE}] as ids
      from exceptions x join flows f on f.workspace_id = x.workspace_id and f.id = x.flow_id
      where x.workspace_id = ${workspace} and x.state = 'open' and x.code = any(${CODES}::text[])
        and x.last_at < now() - make_interval(mins => ${MINUTES})
        and (x.snoozed_until is null or x.snoozed_until <= now())
        and f.enabled and f.archived_at is null and f.paused_code is null and f.live_version is not null
      group by x.flow_id
    `.execute(tx)
    const runs: string[] = []
    for (const { ids } of rows) {
      const retried = await retryExceptions(tx, { workspace, select: { ids } })
      runs.push(...retried.runs.flatMap(({ run }) => run ?? []))
    }
    return runs
  })
}
