import { type Kysely, sql, type Transaction } from 'kysely'
import { FEED, type RunClaim } from '../../run/journal/journal.ts'
import { COLLECTED } from '../hook/collected.ts'
import { newId } from '../database/ids.ts'
import { together } from '../database/one-trip.ts'
import type { Database } from '../database/schema.ts'
import { stillHeld } from './still-held.ts'
import { wakeLane } from '../database/wake.ts'

// These statements run with the system login. All times are the database's.

export type HookRow = { readonly workspace: string; readonly hook: string }

/**
 * Sees to it that a run stands ready for each of these hooks that has events waiting, has collected for long enough or
 * enough of them, and whose flow takes part. Called after the commit of the events, never within it. Answers how many
 * runs were queued.
 */
export async function queueHookRuns(db: Kysely<Database>, hooks: readonly HookRow[]): Promise<number> {
  if (hooks.length === 0) return 0
  const [queued] = await together(db, [
    sql<{ workspace_id: string }>`
    insert into runs (workspace_id, id, flow_id, version, cause, cause_node, start, reason, trace_class)
    select h.workspace_id, asked.run_id, h.flow_id, f.live_version, 'hook', h.node_id, '{"kind": "inbox"}',
      'Waiting for a worker.', w.trace_class
    from unnest(
      ${hooks.map(({ workspace }) => workspace)}::uuid[], ${hooks.map(({ hook }) => hook)}::uuid[],
      ${hooks.map(() => newId())}::uuid[]
    ) as asked (workspace_id, hook_id, run_id)
    join hooks h on h.workspace_id = asked.workspace_id and h.id = asked.hook_id
    join flows f on f.workspace_id = h.workspace_id and f.id = h.flow_id
    join workspaces w on w.id = h.workspace_id
    where h.live and f.enabled and f.paused_code is null and f.archived_at is null and f.live_version is not null
      and exists (select 1 from inbox where workspace_id = h.workspace_id and hook_id = h.id and run_id is null)
      and ${COLLECTED}
      -- One that has begun and not taken its events yet will take these, and queue the next for what it leaves. (One that
      -- found none is over at once; queueForgottenEvents looks again.)
      and not exists (
        select 1 from runs r
        where r.workspace_id = h.workspace_id and r.flow_id = h.flow_id and r.cause = 'hook' and r.cause_node = h.node_id
          and r.state = 'running' and r.batches = 0
          and not exists (select 1 from inbox mine where mine.workspace_id = r.workspace_id and mine.run_id = r.id)
      )
    on conflict (workspace_id, flow_id, cause_node)
      where cause = 'hook' and epoch = 0 and state in ('queued', 'waiting', 'paused') do nothing
    returning workspace_id
  `,
  ])
  for (const workspace of new Set(queued.rows.map((row) => row.workspace_id))) void wakeLane(db, workspace, 'live')
  return queued.rows.length
}

/**
 * What stands ready for events and has not begun carries out the version that is live when it does: else events that come
 * after the publication would be carried out as it was before. With the login of one workspace, once its hooks are made.
 */
export async function readyForVersion(
  tx: Transaction<Database>,
  { workspace, flow, version }: { readonly workspace: string; readonly flow: string; readonly version: number },
): Promise<void> {
  await sql`
    update runs r set version = ${version} from hooks h
    where r.workspace_id = ${workspace} and r.flow_id = ${flow} and r.cause = 'hook' and r.epoch = 0
      and r.state in ('queued', 'waiting', 'paused') and r.start ->> 'kind' = 'inbox'
      and h.workspace_id = r.workspace_id and h.flow_id = r.flow_id and h.node_id = r.cause_node and h.live
  `.execute(tx)
}

/**
 * Queues runs for events that nobody queued one for: their process died after the commit, they were being collected, or
 * their flow was off or paused. Answers how many runs were queued.
 */
export async function queueForgottenEvents(db: Kysely<Database>): Promise<number> {
  // One index look-up for each hook with events waiting, however many they are.
  const hooks = await sql<{ workspace_id: string; hook_id: string }>`
    with recursive waiting as (
      (select workspace_id, hook_id from inbox where run_id is null order by workspace_id, hook_id limit 1)
      union all
      select next.* from waiting cross join lateral (
        select workspace_id, hook_id from inbox
        where run_id is null and (workspace_id, hook_id) > (waiting.workspace_id, waiting.hook_id)
        order by workspace_id, hook_id limit 1
      ) next
    )
    select workspace_id, hook_id from waiting
  `.execute(db)
  return queueHookRuns(
    db,
    hooks.rows.map((row) => ({ workspace: row.workspace_id, hook: row.hook_id })),
  )
}

/**
 * Lets the events that a run has not carried out wait again: its flow was paused, and what is wrong is no fault of
 * theirs. They run when the flow is switched on; of the one at which the run stood, only what had not settled. Nothing
 * where somebody else has taken the run over: they are at work with it.
 * @param all what had settled too: it was gathered for something that has not left.
 */
export async function giveBackEvents(
  db: Kysely<Database>,
  claim: Pick<RunClaim, 'workspace' | 'run' | 'epoch'>,
  all = false,
): Promise<void> {
  const { workspace, run } = claim
  await sql`
    with held as (${stillHeld(claim)}), stood as (
      select done, nullif(cursor ->> 'after', '')::uuid as after, coalesce((cursor ->> 'skip')::int, 0) as skip
      from run_reads where workspace_id = ${workspace} and run_id = ${run} and node_id = ${FEED}
    ), part as (
      select i.id, stood.skip from stood cross join lateral (
        select id from inbox
        where workspace_id = ${workspace} and run_id = ${run} and (stood.after is null or id > stood.after)
        order by id limit 1
      ) i where stood.skip > 0 and not ${all}::boolean
    )
    update inbox set run_id = null, done = coalesce((select skip from part where part.id = inbox.id), done)
    from held where workspace_id = ${workspace} and run_id = ${run}
      and (${all}::boolean or not exists (select 1 from stood where stood.done or stood.after >= inbox.id))
  `.execute(db)
}
