import { type Kysely, sql } from 'kysely'
import type { RunClaim } from '../../run/journal/journal.ts'
import type { RunStart } from '../../run/journal/run-start.ts'
import { LANES, usualCap } from './lane-caps.ts'
import { inOneTrip, together } from '../database/one-trip.ts'
import { stillHeld } from './still-held.ts'
import type { Database, Lane, RunState, TraceClass } from '../database/schema.ts'

// These statements look for work across workspaces: they run with the system login. All times are the database's.

/** Deaths of a worker without a settled batch in between after which a run counts as poison. */
export const MOST_DEATHS = 3

/** Runs of which the first that nobody else holds at this moment is taken; the others are not even looked at. */
const FIRST = 20

/** Of a workspace's queue, from its head: in most of them whose turn it is stands here. */
const FRONT = 64

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

/** As claimRuns, for one slot. */
export async function claimRun(db: Kysely<Database>, ask: ClaimAsk): Promise<Claimed> {
  const { runs, more } = await claimRuns(db, ask, 1)
  return { run: runs[0], more }
}

/**
 * Takes runs of a lane for so many free slots: those whose worker has died, then those whose wake time has come, then
 * the queued ones. Of each flow one run is at work at a time (running, waiting, paused); those queued go by priority and
 * id; in a workspace that is being closed nothing begins, but what is to be cancelled is taken up for that. The caps of the lane and of connections hold at every moment: claims of one workspace go one after the other,
 * behind the row locks of its lanes, and each statement sees what those before it have taken.
 */
export async function claimRuns(
  db: Kysely<Database>,
  ask: ClaimAsk,
  slots: number,
): Promise<{ readonly runs: readonly ClaimedRun[]; readonly more: boolean }> {
  const taken = await inOneTrip(db, undefined, [
    makeLanes(ask.workspace),
    sql`select 1 from lanes where workspace_id = ${ask.workspace} order by lane for update`,
    ...Array.from({ length: slots }, () => takeOne(ask)),
  ])
  const rows = taken.slice(2).flatMap((answer) => answer.rows as readonly ClaimRow[])
  return { runs: rows.map(claimOf), more: rows.length === slots && (rows.at(-1)?.more ?? false) }
}

/** Without their rows there would be nothing to wait for. */
const makeLanes = (workspace: string) => sql`
  insert into lanes (workspace_id, lane, max_running)
  select ${workspace}::uuid, lane, ${usualCap('lane')} from unnest(${LANES as Lane[]}::text[]) as l (lane)
  where not exists (select 1 from lanes known where known.workspace_id = ${workspace} and known.lane = l.lane)
  on conflict do nothing
`

function takeOne({ workspace, lane, worker, leaseSeconds }: ClaimAsk) {
  // statement_timestamp(), since now() is from before the wait for the lanes' locks: a run would seem to have begun
  // before the one before it had ended.
  // The front of the queue is enough unless few flows have most of it; then the heads of all flows' queues are looked
  // for, with one index look-up for each flow that has any, whatever its length.
  return sql<ClaimRow>`
    with recursive at_work as (
      select id, flow_id, lane, priority, state, lease_until, wake_at from runs
      where workspace_id = ${workspace} and state in ('running', 'waiting', 'paused')
    ), room as (
      select case when exists (select 1 from workspaces where id = ${workspace} and closing_at is not null) then 0
        else (select max_running from lanes where workspace_id = ${workspace} and lane = ${lane}) - count(*) end as places
      from at_work where lane = ${lane} and state = 'running'
    ), full_up as materialized (
      select c.id from connections c where c.workspace_id = ${workspace} and c.max_runs <= (
        select count(distinct other.id) from flow_bindings o
        join at_work other on other.flow_id = o.flow_id and other.state = 'running'
        where o.workspace_id = ${workspace} and o.connection_id = c.id
      )
    ), front as materialized (
      select flow_id, priority, id, lane from runs
      where workspace_id = ${workspace} and state = 'queued' order by priority, id limit ${FRONT}
    ), soon as materialized (
      select priority, id, flow_id from (
        select distinct on (flow_id) flow_id, priority, id, lane from front order by flow_id, priority, id
      ) first_of_flow
      where ${mayBegin(workspace, lane, 'first_of_flow')}
    ), heads as (
      (select flow_id, priority, id, lane from runs
        where workspace_id = ${workspace} and state = 'queued'
          and (select count(*) from front) = ${FRONT} and (select count(*) from soon) < 2
        order by flow_id, priority, id limit 1)
      union all
      select next.* from heads cross join lateral (
        select flow_id, priority, id, lane from runs
        where workspace_id = ${workspace} and state = 'queued' and flow_id > heads.flow_id
        order by flow_id, priority, id limit 1
      ) next
    ), ready as (
      select 0 as rank, priority, id, flow_id from at_work
      where lane = ${lane} and state = 'running' and lease_until < statement_timestamp()
      union all
      select 0, priority, id, flow_id from runs
      where (select closing_at is not null from workspaces where id = ${workspace})
        and workspace_id = ${workspace} and state = 'queued' and lane = ${lane} and cancel_requested
      union all
      select 1, priority, id, flow_id from at_work
      where lane = ${lane} and state = 'waiting' and wake_at <= statement_timestamp() and ${isFree(workspace, 'at_work')}
      union all
      select 2, priority, id, flow_id from soon
      union all
      select 2, priority, id, flow_id from heads
      where ${mayBegin(workspace, lane, 'heads')} and not exists (select 1 from soon where soon.id = heads.id)
    ), allowed as (
      select ready.* from ready, room where rank = 0 or places > 0
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
      state = 'running', epoch = runs.epoch + 1, attempts = runs.attempts + 1, worker = ${worker},
      lease_until = statement_timestamp() + make_interval(secs => ${leaseSeconds}), wake_at = null, reason = null,
      started_at = coalesce(runs.started_at, statement_timestamp())
    from chosen where runs.workspace_id = chosen.workspace_id and runs.id = chosen.id
    returning runs.workspace_id, runs.id, runs.flow_id, runs.version, runs.epoch, runs.attempts, runs.day::text as day, runs.trace_class,
      runs.fixed_now, runs.cause, runs.cause_node, runs.start, runs.quiet, runs.dry, chosen.more
  `
}

/** The head of a flow's queue, in SQL: it is of this lane, no other run of its flow is at work, no connection is in full use. */
const mayBegin = (workspace: string, lane: Lane, head: string) => sql`
  lane = ${lane} and not exists (select 1 from at_work where at_work.flow_id = ${sql.ref(head)}.flow_id)
  and ${isFree(workspace, head)}`

const isFree = (workspace: string, run: string) => sql`
  not exists (
    select 1 from flow_bindings b join full_up on full_up.id = b.connection_id
    where b.workspace_id = ${workspace} and b.flow_id = ${sql.ref(run)}.flow_id
  )`

const claimOf = (row: ClaimRow): ClaimedRun => ({
  workspace: row.workspace_id,
  run: row.id,
  flow: row.flow_id,
  version: row.version,
  epoch: row.epoch,
  attempts: row.attempts,
  day: row.day,
  traceClass: row.trace_class,
  fixedNow: row.fixed_now,
  cause: row.cause,
  causeNode: row.cause_node,
  start: row.start,
  quiet: row.quiet,
  dry: row.dry,
})

type ClaimRow = {
  readonly workspace_id: string
  readonly id: string
  readonly flow_id: string
  readonly version: number
  readonly epoch: number
  readonly attempts: number
  readonly day: string
  readonly trace_class: TraceClass
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
  const [{ rows }] = await together(db, [
    sql<{ cancel_requested: boolean; pause_requested: boolean }>`
    update runs set lease_until = now() + make_interval(secs => ${leaseSeconds})
    where workspace_id = ${claim.workspace} and id = ${claim.run} and epoch = ${claim.epoch} and state = 'running'
    returning cancel_requested, pause_requested
  `,
  ])
  const row = rows[0]
  if (row === undefined) return 'lost'
  return row.cancel_requested ? 'cancel' : row.pause_requested ? 'pause' : 'held'
}

/** Ends a run, unless somebody else has taken it over. */
export async function endRun(
  db: Kysely<Database>,
  claim: RunClaim,
  end: {
    readonly state: RunState
    readonly code?: string | undefined
    readonly reason?: string | undefined
    /** At which it failed. */
    readonly node?: string | undefined
  },
): Promise<void> {
  await sql`
    update runs set state = ${end.state}, code = ${end.code ?? null}, reason = ${end.reason ?? null},
      failed_node = ${end.node ?? null}, ended_at = now(), lease_until = null
    where workspace_id = ${claim.workspace} and id = ${claim.run} and epoch = ${claim.epoch} and state = 'running'
  `.execute(db)
}

/**
 * Puts a run down until a time; one that somebody wants stopped meanwhile is taken up at once, for that. The attempt does
 * not count: nobody died.
 */
export async function parkRun(db: Kysely<Database>, claim: RunClaim, wakeInMs: number, reason: string): Promise<void> {
  await sql`
    with parked as (
      update runs set
        state = case when cancel_requested or pause_requested then 'queued' else 'waiting' end,
        wake_at = case when cancel_requested or pause_requested then null
          else now() + make_interval(secs => ${wakeInMs / 1000}) end,
        reason = ${reason}, lease_until = null, attempts = greatest(attempts - 1, 0)
      where workspace_id = ${claim.workspace} and id = ${claim.run} and epoch = ${claim.epoch} and state = 'running'
      returning workspace_id, lane, wake_at
    )
    select tieline_wake(workspace_id, lane, coalesce(wake_at, now())) from parked
  `.execute(db)
}

/**
 * Puts a run down until somebody lets it go on; where that has happened already, or it is to be cancelled by now, it is
 * taken up again at once. The attempt does not count.
 */
export async function pauseRun(db: Kysely<Database>, claim: RunClaim, reason: string): Promise<void> {
  await sql`
    with stopped as (
      update runs set
        state = case when pause_requested and not cancel_requested then 'paused' else 'queued' end,
        reason = ${reason}, pause_requested = false, lease_until = null, attempts = greatest(attempts - 1, 0)
      where workspace_id = ${claim.workspace} and id = ${claim.run} and epoch = ${claim.epoch} and state = 'running'
      returning workspace_id, lane, state
    )
    select tieline_wake(workspace_id, lane) from stopped where state = 'queued'
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

/** Ends a run that came to its end, unless somebody else has taken it over. `words` say how, in place of the usual. Answers its counts. */
export async function finishRun(
  db: Kysely<Database>,
  claim: RunClaim,
  words?: string,
): Promise<{ readonly [name: string]: number }> {
  const left = sql`coalesce((counts ->> 'exceptions')::int, 0)`
  const [{ rows }] = await together(db, [
    sql<{ counts: { readonly [name: string]: number } }>`
      update runs set
        state = case when ${left} > 0 then 'partly' else 'succeeded' end, code = null,
        reason = case when ${words ?? null}::text is not null then ${words ?? null}::text else case ${left} when 0 then null when 1 then 'One record is left over as exceptions.'
          else ${left} || ' records are left over as exceptions.' end end,
        ended_at = now(), lease_until = null
      where workspace_id = ${claim.workspace} and id = ${claim.run} and epoch = ${claim.epoch} and state = 'running'
      returning counts
    `,
  ])
  return rows[0]?.counts ?? {}
}

/** Stops a flow's triggers until a person has acted, unless somebody else has taken the run over. Its runs end; its cursors stay. */
export async function pauseFlow(db: Kysely<Database>, claim: RunClaim, code: string, message: string): Promise<void> {
  await sql`
    with held as (${stillHeld(claim)})
    update flows set paused_code = ${code}, paused_message = ${message}
    from held where workspace_id = ${claim.workspace} and id = ${claim.flow}
  `.execute(db)
}
