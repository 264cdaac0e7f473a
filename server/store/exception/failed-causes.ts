import { sql, type Transaction } from 'kysely'
import type { Database } from '../database/schema.ts'
import { nameSteps, type Step } from '../flow/step-names.ts'

/** Failed runs that are looked at, the newest. */
const MOST = 10_000
/** Failed runs are looked at for so many days. */
export const DAYS = 7
/** Runs of a flow among which one that came through is looked for. */
const LOOK_BACK = 2_000
/** Causes shown. */
export const MOST_FAILED = 100

export type FailedCause = {
  readonly fault: string
  readonly code: string | null
  readonly reason: string | null
  readonly count: number
  readonly first_at: Date
  readonly last_at: Date
  readonly flows: readonly { readonly id: string; readonly name: string }[]
  readonly flow_count: number
  /** One of its flows is on. */
  readonly on: boolean
  /** The newest run. */
  readonly run: string
  /** The step at which it failed, in the version that ran; null: at none, or it is not known. */
  readonly step: Step | null
  /** Who has taken it, since it first failed or within these days. */
  readonly owner: { readonly id: string; readonly name: string } | null
  /** More failed than are looked at. */
  readonly more: boolean
}

/**
 * Failed runs of seven days that nothing has made up for, by what they have in common. Made up for: a run that read from
 * where its flow stands is, as soon as a later run of that flow comes through; any other only by a run that carried it out
 * again, which from then on stands in its place.
 * @param givenBack codes with which a run gives the events it had back to its hook.
 */
export async function failedCauses(
  tx: Transaction<Database>,
  workspace: string,
  named: number,
  givenBack: readonly string[],
): Promise<readonly FailedCause[]> {
  const { rows } = await sql<Found>`
    with recent as materialized (
      select r.id, r.flow_id, r.fault, r.cause, r.code from runs r
      where r.workspace_id = ${workspace} and r.fault is not null and not r.dry
        and r.id >= tieline_first_id(now() - make_interval(days => ${DAYS}))
      order by r.id desc limit ${MOST}
    ), touched as materialized (
      select t.flow_id, f.name, f.enabled, good.id as good
      from (select distinct flow_id from recent) t
      join flows f on f.workspace_id = ${workspace} and f.id = t.flow_id and f.archived_at is null
      left join lateral (
        select id from (
          select r.id, r.state, r.dry from runs r
          where r.workspace_id = ${workspace} and r.flow_id = t.flow_id order by r.id desc limit ${LOOK_BACK}
        ) latest where state in ('succeeded', 'partly') and not dry order by id desc limit 1
      ) good on true
    ), again as materialized (
      -- All at once: to look for each of ten thousand costs more than all the rest. That they are hashed is not left to
      -- what the planner knows of the table: “is true” keeps it from joining, the limit (there are no more) from giving up.
      select distinct rerun_of from runs
      where workspace_id = ${workspace} and rerun_of >= (select id from recent order by id limit 1) and not dry
        and state in ('succeeded', 'partly', 'failed') and (rerun_of in (select id from recent)) is true
      limit ${MOST}
    ), by_flow as materialized (
      -- From the index alone: of ten thousand runs only the first and the newest of each cause are read. Ids are compared
      -- as bytes: as text each would be written out first.
      select r.fault, r.flow_id, t.name, t.enabled, count(*) as count, min(uuid_send(r.id)) as oldest,
        max(uuid_send(r.id)) as run
      from recent r
      join touched t on t.flow_id = r.flow_id
      where not (coalesce(t.good > r.id, false) and (
          r.cause in ('schedule', 'manual') or r.cause = 'hook' and r.code = any(${givenBack as string[]}::text[])
        ))
        and r.id not in (select rerun_of from again)
      group by r.fault, r.flow_id, t.name, t.enabled
    ), grouped as (
      select fault, sum(count)::int as count, count(*)::int as flow_count, bool_or(enabled) as on,
        encode(min(oldest), 'hex')::uuid as oldest, encode(max(run), 'hex')::uuid as run
      from by_flow group by fault
    )
    select g.fault, g.count, g.flow_count, g.on, g.run, o.created_at as first_at, coalesce(n.ended_at, n.created_at) as last_at,
      n.code, n.reason, n.flow_id, n.version, n.failed_node as node_id,
      case when w.owner_id is not null then jsonb_build_object('id', w.owner_id, 'name', u.name) end as owner,
      (select count(*) = ${MOST} from recent) as more, (
        select jsonb_agg(jsonb_build_object('id', flow_id, 'name', name) order by name, flow_id) from (
          select flow_id, name from by_flow where by_flow.fault = g.fault order by name, flow_id limit ${named}
        ) named
      ) as flows
    from grouped g
    join runs o on o.workspace_id = ${workspace} and o.id = g.oldest
    join runs n on n.workspace_id = ${workspace} and n.id = g.run
    left join fault_owners w on w.workspace_id = ${workspace} and w.fault = g.fault
      and (w.taken_at >= o.created_at or w.taken_at > now() - make_interval(days => ${DAYS}))
    left join users u on u.id = w.owner_id
    order by g.on desc, g.flow_count desc, g.count desc, g.run desc limit ${MOST_FAILED}
  `.execute(tx)
  const steps = await nameSteps(tx, workspace, rows)
  return rows.map(({ flow_id: _, version: _version, node_id: _node, ...row }, at) => ({
    ...row,
    step: steps[at] ?? null,
  }))
}

type Found = Omit<FailedCause, 'step'> & {
  readonly flow_id: string
  readonly version: number
  readonly node_id: string | null
}
