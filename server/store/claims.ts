import { type Kysely, sql } from 'kysely'
import type { RunClaim, RunStart } from '../run/journal.ts'
import type { Database, RunState } from './schema.ts'

// These statements look for work across workspaces: they run with the system login. All times are the database's.

/** Deaths of a worker without a settled batch in between after which a run counts as poison. */
export const MOST_DEATHS = 3

export type ClaimedRun = RunClaim & { readonly attempts: number }

/**
 * Takes up to `limit` runs: queued ones, parked ones whose time has come, and those whose worker has died. Of each flow
 * only the oldest live run can be taken, so runs of one flow never overlap; locked rows are passed over.
 */
export async function claimRuns(
  db: Kysely<Database>,
  worker: string,
  limit: number,
  leaseSeconds: number,
): Promise<readonly ClaimedRun[]> {
  const rows = await sql<{
    workspace_id: string
    id: string
    flow_id: string
    version: number
    epoch: number
    attempts: number
    day: string
    fixed_now: Date
    cause: string
    cause_node: string
    start: RunStart
    quiet: boolean
  }>`
    with ready as (
      select r.workspace_id, r.id from runs r
      where r.state in ('queued', 'running', 'waiting')
        and (r.state = 'queued' or (r.state = 'running' and r.lease_until < now()) or (r.state = 'waiting' and r.wake_at <= now()))
        and not exists (
          select 1 from runs older
          where older.workspace_id = r.workspace_id and older.flow_id = r.flow_id
            and older.state in ('queued', 'running', 'waiting') and older.id < r.id
        )
      order by r.created_at
      limit ${limit}
      for update skip locked
    )
    update runs set
      state = 'running', epoch = runs.epoch + 1, attempts = runs.attempts + 1, worker = ${worker},
      lease_until = now() + make_interval(secs => ${leaseSeconds}), wake_at = null, reason = null,
      started_at = coalesce(runs.started_at, now())
    from ready where runs.workspace_id = ready.workspace_id and runs.id = ready.id
    returning runs.workspace_id, runs.id, runs.flow_id, runs.version, runs.epoch, runs.attempts, runs.day::text as day,
      runs.fixed_now, runs.cause, runs.cause_node, runs.start, runs.quiet
  `.execute(db)
  return rows.rows.map((row) => ({
    workspace: row.workspace_id,
    run: row.id,
    flow: row.flow_id,
    version: row.version,
    epoch: row.epoch,
    attempts: row.attempts,
    day: row.day,
    fixedNow: row.fixed_now,
    cause: row.cause,
    causeNode: row.cause_node,
    start: row.start,
    quiet: row.quiet,
  }))
}

/** Keeps a claim alive. Answers `lost` when somebody else holds it, `cancel` when the run is to stop. */
export async function renewLease(
  db: Kysely<Database>,
  claim: RunClaim,
  leaseSeconds: number,
): Promise<'held' | 'lost' | 'cancel'> {
  const rows = await sql<{ cancel_requested: boolean }>`
    update runs set lease_until = now() + make_interval(secs => ${leaseSeconds})
    where workspace_id = ${claim.workspace} and id = ${claim.run} and epoch = ${claim.epoch} and state = 'running'
    returning cancel_requested
  `.execute(db)
  const row = rows.rows[0]
  return row === undefined ? 'lost' : row.cancel_requested ? 'cancel' : 'held'
}

/** Ends a run, unless somebody else has taken it over. */
export async function endRun(
  db: Kysely<Database>,
  claim: RunClaim,
  end: { readonly state: RunState; readonly code?: string | undefined; readonly reason?: string | undefined },
): Promise<void> {
  await sql`
    update runs set state = ${end.state}, code = ${end.code ?? null}, reason = ${end.reason ?? null},
      ended_at = now(), lease_until = null
    where workspace_id = ${claim.workspace} and id = ${claim.run} and epoch = ${claim.epoch} and state = 'running'
  `.execute(db)
}

/** Puts a run down until a time. The attempt does not count: nobody died. */
export async function parkRun(db: Kysely<Database>, claim: RunClaim, wakeInMs: number, reason: string): Promise<void> {
  await sql`
    update runs set state = 'waiting', wake_at = now() + make_interval(secs => ${wakeInMs / 1000}), reason = ${reason},
      lease_until = null, attempts = greatest(attempts - 1, 0)
    where workspace_id = ${claim.workspace} and id = ${claim.run} and epoch = ${claim.epoch} and state = 'running'
  `.execute(db)
}

/** Gives a run back to the queue when its worker stops. */
export async function releaseRun(db: Kysely<Database>, claim: RunClaim): Promise<void> {
  await sql`
    update runs set state = 'queued', reason = 'Waiting for a worker.', lease_until = null, attempts = greatest(attempts - 1, 0)
    where workspace_id = ${claim.workspace} and id = ${claim.run} and epoch = ${claim.epoch} and state = 'running'
  `.execute(db)
}

export async function countsOf(db: Kysely<Database>, claim: RunClaim): Promise<{ readonly [name: string]: number }> {
  const row = await db
    .selectFrom('runs')
    .select('counts')
    .where('workspace_id', '=', claim.workspace)
    .where('id', '=', claim.run)
    .executeTakeFirst()
  return row?.counts ?? {}
}

/** Stops a flow's triggers until a person has acted. Its runs end; its cursors stay. */
export async function pauseFlow(db: Kysely<Database>, claim: RunClaim, code: string, message: string): Promise<void> {
  await sql`
    update flows set paused_code = ${code}, paused_message = ${message}
    where workspace_id = ${claim.workspace} and id = ${claim.flow}
  `.execute(db)
}
