import { type Kysely, sql, type Transaction } from 'kysely'
import type { RunClaim, RunStart } from '../run/journal.ts'
import { LANES, usualCap } from './lane-caps.ts'
import type { Database, Lane, RunState } from './schema.ts'

// These statements look for work across workspaces: they run with the system login. All times are the database's.

/** Deaths of a worker without a settled batch in between after which a run counts as poison. */
export const MOST_DEATHS = 3

/** Runs of which the first that nobody else holds at this moment is taken; the others are not even looked at. */
const FIRST = 20

export type ClaimedRun = RunClaim & { readonly attempts: number }

export type ClaimAsk = {
  readonly workspace: string
  readonly lane: Lane
  readonly worker: string
  readonly leaseSeconds: number
}

export type Claimed = {
  /** Undefined: nothing may be taken now. */
  readonly run: ClaimedRun | undefined
  /** Another one could be taken at once. */
  readonly more: boolean
}

/**
 * Takes one run of a lane: one whose worker has died, else one whose wake time has come, else the first queued one. Of
 * each flow one run is at work at a time (running, waiting, paused); those queued go by priority and id. The caps of
 * the lane and of connections hold at every moment: claims of one workspace go one after the other, behind the row
 * locks of its lanes, and the second statement sees what the one before has committed.
 */
export async function claimRun(db: Kysely<Database>, ask: ClaimAsk): Promise<Claimed> {
  return db.transaction().execute(async (tx) => {
    const cap = (await lockLanes(tx, ask.workspace)).get(ask.lane) ?? 0
    return takeOne(tx, ask, cap)
  })
}

async function lockLanes(tx: Transaction<Database>, workspace: string): Promise<ReadonlyMap<Lane, number>> {
  const lock = async () =>
    (
      await sql<{ lane: Lane; max_running: number }>`
        select lane, max_running from lanes where workspace_id = ${workspace} order by lane for update
      `.execute(tx)
    ).rows
  let rows = await lock()
  if (rows.length < LANES.length) {
    await sql`
      insert into lanes (workspace_id, lane, max_running)
      select ${workspace}::uuid, lane, ${usualCap('lane')} from unnest(${LANES as Lane[]}::text[]) as l (lane)
      on conflict do nothing
    `.execute(tx)
    rows = await lock()
  }
  return new Map(rows.map((row) => [row.lane, row.max_running]))
}

async function takeOne(tx: Transaction<Database>, ask: ClaimAsk, cap: number): Promise<Claimed> {
  const { workspace, lane } = ask
  // statement_timestamp(), since now() is from before the wait for the lanes' locks: a run would seem to have begun
  // before the one before it had ended.
  // Heads of the flows' queues: one index look-up for each flow that has any, whatever its length.
  const rows = await sql<ClaimRow>`
    with recursive heads as (
      (select flow_id, priority, id, lane from runs
        where workspace_id = ${workspace} and state = 'queued' order by flow_id, priority, id limit 1)
      union all
      select next.* from heads cross join lateral (
        select flow_id, priority, id, lane from runs
        where workspace_id = ${workspace} and state = 'queued' and flow_id > heads.flow_id
        order by flow_id, priority, id limit 1
      ) next
    ), at_work as (
      select id, flow_id, lane, priority, state, lease_until, wake_at from runs
      where workspace_id = ${workspace} and state in ('running', 'waiting', 'paused')
    ), room as (
      select ${cap}::int - count(*) as places from at_work where lane = ${lane} and state = 'running'
    ), ready as (
      select 0 as rank, priority, id, flow_id from at_work
      where lane = ${lane} and state = 'running' and lease_until < statement_timestamp()
      union all
      select 1, priority, id, flow_id from at_work where lane = ${lane} and state = 'waiting' and wake_at <= statement_timestamp()
      union all
      select 2, priority, id, flow_id from heads
      where lane = ${lane} and not exists (select 1 from at_work where at_work.flow_id = heads.flow_id)
    ), allowed as (
      select ready.* from ready, room
      where rank = 0 or (places > 0 and not exists (
        select 1 from flow_bindings b
        join connections c on c.workspace_id = b.workspace_id and c.id = b.connection_id
        where b.workspace_id = ${workspace} and b.flow_id = ready.flow_id and c.max_runs <= (
          select count(distinct other.id) from flow_bindings o
          join at_work other on other.flow_id = o.flow_id and other.state = 'running'
          where o.workspace_id = ${workspace} and o.connection_id = c.id
        )
      ))
    ), chosen as (
      select r.workspace_id, r.id, (select count(*) from allowed, room where rank = 0 or places > 1) > 1 as more
      from (select * from allowed order by rank, priority, id limit ${FIRST}) first
      -- By flow too: whichever index the planner takes, it finds one row, not all that are queued.
      join runs r on r.workspace_id = ${workspace} and r.flow_id = first.flow_id and r.id = first.id
      where r.state = 'queued' or (r.state = 'running' and r.lease_until < statement_timestamp())
        or (r.state = 'waiting' and r.wake_at <= statement_timestamp())
      order by first.rank, first.priority, first.id limit 1
      for update of r skip locked
    )
    update runs set
      state = 'running', epoch = runs.epoch + 1, attempts = runs.attempts + 1, worker = ${ask.worker},
      lease_until = statement_timestamp() + make_interval(secs => ${ask.leaseSeconds}), wake_at = null, reason = null,
      started_at = coalesce(runs.started_at, statement_timestamp())
    from chosen where runs.workspace_id = chosen.workspace_id and runs.id = chosen.id
    returning runs.workspace_id, runs.id, runs.flow_id, runs.version, runs.epoch, runs.attempts, runs.day::text as day,
      runs.fixed_now, runs.cause, runs.cause_node, runs.start, runs.quiet, runs.dry, chosen.more
  `.execute(tx)
  const row = rows.rows[0]
  if (!row) return { run: undefined, more: false }
  return {
    more: row.more,
    run: {
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
      dry: row.dry,
    },
  }
}

type ClaimRow = {
  readonly workspace_id: string
  readonly id: string
  readonly flow_id: string
  readonly version: number
  readonly epoch: number
  readonly attempts: number
  readonly day: string
  readonly fixed_now: Date
  readonly cause: string
  readonly cause_node: string
  readonly start: RunStart
  readonly quiet: boolean
  readonly dry: boolean
  readonly more: boolean
}

/** Keeps a claim alive. Answers `lost` when somebody else holds it, `cancel` or `pause` when the run is to stop. */
export async function renewLease(
  db: Kysely<Database>,
  claim: RunClaim,
  leaseSeconds: number,
): Promise<'held' | 'lost' | 'cancel' | 'pause'> {
  const rows = await sql<{ cancel_requested: boolean; pause_requested: boolean }>`
    update runs set lease_until = now() + make_interval(secs => ${leaseSeconds})
    where workspace_id = ${claim.workspace} and id = ${claim.run} and epoch = ${claim.epoch} and state = 'running'
    returning cancel_requested, pause_requested
  `.execute(db)
  const row = rows.rows[0]
  if (row === undefined) return 'lost'
  return row.cancel_requested ? 'cancel' : row.pause_requested ? 'pause' : 'held'
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
    with parked as (
      update runs set state = 'waiting', wake_at = now() + make_interval(secs => ${wakeInMs / 1000}), reason = ${reason},
        lease_until = null, attempts = greatest(attempts - 1, 0)
      where workspace_id = ${claim.workspace} and id = ${claim.run} and epoch = ${claim.epoch} and state = 'running'
      returning workspace_id, lane, wake_at
    )
    select tieline_wake(workspace_id, lane, wake_at) from parked
  `.execute(db)
}

/** Puts a run down until somebody lets it go on. The attempt does not count. */
export async function pauseRun(db: Kysely<Database>, claim: RunClaim, reason: string): Promise<void> {
  await sql`
    update runs set state = 'paused', reason = ${reason}, pause_requested = false, lease_until = null,
      attempts = greatest(attempts - 1, 0)
    where workspace_id = ${claim.workspace} and id = ${claim.run} and epoch = ${claim.epoch} and state = 'running'
  `.execute(db)
}

/** Gives a run back to the queue when its worker stops. */
export async function releaseRun(db: Kysely<Database>, claim: RunClaim): Promise<void> {
  await sql`
    with released as (
      update runs set state = 'queued', reason = 'Waiting for a worker.', lease_until = null,
        attempts = greatest(attempts - 1, 0)
      where workspace_id = ${claim.workspace} and id = ${claim.run} and epoch = ${claim.epoch} and state = 'running'
      returning workspace_id, lane
    )
    select tieline_wake(workspace_id, lane) from released
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
