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
    ), open as materialized (
      select r.id, r.flow_id, r.fault, t.name, t.enabled
      from recent r
      join touched t on t.flow_id = r.flow_id
      where not (coalesce(t.good > r.id, false) and (
          r.cause in ('schedule', 'manual') or r.cause = 'hook' and r.code = any(${givenBack as string[]}::text[])
        ))
        and not exists (
          select 1 from runs again where again.workspace_id = ${workspace} and again.rerun_of = r.id and not again.dry
            and again.state in ('succeeded', 'partly', 'failed')
        )
    ), grouped as (
      -- From the index alone: of ten thousand runs only the first and the newest of each cause are read.
      select fault, count(*)::int as count, count(distinct flow_id)::int as flow_count, bool_or(enabled) as on,
        min(id::text collate "C")::uuid as oldest, max(id::text collate "C")::uuid as run
      from open group by fault
    )
    select g.fault, g.count, g.flow_count, g.on, g.run, o.created_at as first_at, coalesce(n.ended_at, n.created_at) as last_at,
      n.code, n.reason, n.flow_id, n.version, n.failed_node as node_id,
      case when w.owner_id is not null then jsonb_build_object('id', w.owner_id, 'name', u.name) end as owner,
      (select count(*) = ${MOST} from recent) as more, (
        select jsonb_agg(jsonb_build_object('id', flow_id, 'name', name) order by name, flow_id) from (
          select distinct flow_id, name from open where open.fault = g.fault order by name, flow_id limit ${named}
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
