import { type Kysely, sql, type Transaction } from 'kysely'
import { newId } from './ids.ts'
import type { Database } from './schema.ts'
import { wakeAfterCommit, wakingAfter } from './wake.ts'

export type DueSchedule = {
  readonly workspace: string
  readonly flow: string
  readonly node: string
  readonly settings: unknown
  readonly due: Date
  readonly now: Date
}

/**
 * Fires what is due: each due time starts one run, however many processes look. A flow that is off or paused, or whose
 * last scheduled run has not begun yet, lets the time pass. Answers how many runs were queued.
 */
export async function fireDue(
  db: Kysely<Database>,
  limit: number,
  next: (settings: unknown, after: Date) => Date,
): Promise<number> {
  return wakingAfter(db, (listen) =>
    db.transaction().execute(async (tx) => {
      listen(tx)
      const due = await sql<{
        workspace_id: string
        flow_id: string
        node_id: string
        settings: unknown
        next_due: Date
        now: Date
      }>`
      select workspace_id, flow_id, node_id, settings, next_due, now() as now from schedules
      where next_due <= now() order by next_due limit ${limit} for update skip locked
    `.execute(tx)
      let queued = 0
      for (const row of due.rows) {
        if ((await fire(tx, row)) > 0) {
          queued += 1
          await wakeAfterCommit(tx, row.workspace_id, 'live')
        }
        const then = nextOrNever(next, row.settings, row.now)
        if (then) {
          await sql`
          update schedules set next_due = ${then}
          where workspace_id = ${row.workspace_id} and flow_id = ${row.flow_id} and node_id = ${row.node_id}
        `.execute(tx)
        } else await giveUp(tx, row)
      }
      return queued
    }),
  )
}

async function fire(
  tx: Transaction<Database>,
  row: { workspace_id: string; flow_id: string; node_id: string; next_due: Date },
): Promise<number> {
  const id = newId()
  const queued = await sql`
    with flow as (
      select live_version from flows
      where workspace_id = ${row.workspace_id} and id = ${row.flow_id}
        and enabled and paused_code is null and archived_at is null and live_version is not null
        and not exists (
          select 1 from runs where workspace_id = ${row.workspace_id} and flow_id = ${row.flow_id} and state = 'queued'
        )
    ), firing as (
      insert into firings (workspace_id, flow_id, node_id, due, run_id)
      select ${row.workspace_id}, ${row.flow_id}, ${row.node_id}, ${row.next_due}, ${id} from flow
      on conflict do nothing returning run_id
    )
    insert into runs (workspace_id, id, flow_id, version, cause, cause_node, reason)
    select ${row.workspace_id}, firing.run_id, ${row.flow_id}, flow.live_version, 'schedule', ${row.node_id}, 'Waiting for a worker.'
    from flow, firing
  `.execute(tx)
  return Number(queued.numAffectedRows ?? 0n)
}

/** One schedule that cannot go on must not hold up the others of its beat. */
function nextOrNever(next: (settings: unknown, after: Date) => Date, settings: unknown, after: Date): Date | undefined {
  try {
    return next(settings, after)
  } catch {
    return undefined
  }
}

/** A schedule without another due time: the flow says so instead of silently never starting again. */
async function giveUp(
  tx: Transaction<Database>,
  row: { workspace_id: string; flow_id: string; node_id: string },
): Promise<void> {
  await sql`
    delete from schedules
    where workspace_id = ${row.workspace_id} and flow_id = ${row.flow_id} and node_id = ${row.node_id}
  `.execute(tx)
  await sql`
    update flows set paused_code = 'SCHEDULE_NEVER',
      paused_message = ${`The schedule “${row.node_id}” never comes due again. Change it, publish, and switch the flow on again.`}
    where workspace_id = ${row.workspace_id} and id = ${row.flow_id}
  `.execute(tx)
}
