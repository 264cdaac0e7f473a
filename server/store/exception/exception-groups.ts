import { sql, type Transaction } from 'kysely'
import type { Database, Desk } from '../database/schema.ts'
import { nameSteps, type Step } from '../flow/step-names.ts'

/** Groups shown at most. */
export const MOST_GROUPS = 100
/** Words that differ for more than so many of one step and code tell records apart, not causes. */
const MOST_WORDS = 10
/** Persons named of a group. */
const MOST_OWNERS = 3

export type GroupRow = {
  readonly flow_id: string
  readonly flow_name: string
  readonly node_id: string
  readonly step: Step
  readonly code: string
  readonly desk: Desk
  /** Of their words; null: these differ so much that all of the step and code are one group. */
  readonly fault: string | null
  /** Of the newest. */
  readonly message: string
  readonly count: number
  readonly first_at: Date
  readonly last_at: Date
  /** Sums are decimal text, as the database adds them. */
  readonly money: readonly { readonly currency: string | null; readonly amount: string; readonly count: number }[]
  /** Who has most of them in hand, and how many nobody has. */
  readonly owners: readonly { readonly id: string; readonly name: string; readonly count: number }[]
  readonly unowned: number
}

/** Open exceptions that are not put aside, by flow, step, code and words: one cause each. */
export async function groupExceptions(
  tx: Transaction<Database>,
  workspace: string,
  filter: { readonly desk?: Desk | undefined; readonly flow?: string | undefined },
): Promise<readonly GroupRow[]> {
  const shown = sql`workspace_id = ${workspace} and state = 'open' and (snoozed_until is null or snoozed_until <= now())
    ${filter.desk === undefined ? sql`` : sql`and desk = ${filter.desk}`}
    ${filter.flow === undefined ? sql`` : sql`and flow_id = ${filter.flow}`}`
  // One pass over what is open, in the order of its index and without its records; the few sums that are left are put
  // together.
  // Ids are compared as bytes: as text each would be written out first.
  const { rows } = await sql<Omit<GroupRow, 'step'> & { version: number }>`
    with sums as materialized (
      select flow_id, node_id, code, desk, coalesce(fault, '') as fault, currency, assigned_to, count(*)::int as count,
        min(created_at) as first_at, max(last_at) as last_at, max(uuid_send(id)) as newest,
        sum(amount) as amount, sum(abs(amount)) as weight, count(amount) as priced
      from exceptions where ${shown}
      group by flow_id, node_id, code, desk, exceptions.fault, currency, assigned_to
    ), differing as materialized (
      select flow_id, node_id, code, desk, count(distinct fault) > ${MOST_WORDS} as many from sums
      group by flow_id, node_id, code, desk
    ), worded as materialized (
      select s.*, case when d.many then '' else s.fault end as words
      from sums s join differing d using (flow_id, node_id, code, desk)
    ), grouped as (
      select flow_id, node_id, code, desk, words, sum(count)::int as count, min(first_at) as first_at,
        max(last_at) as last_at, encode(max(newest), 'hex')::uuid as newest, sum(weight) as weight,
        coalesce(sum(count) filter (where assigned_to is null), 0)::int as unowned
      from worded group by flow_id, node_id, code, desk, words
    ), first as materialized (
      select * from grouped order by weight desc nulls last, count desc, first_at limit ${MOST_GROUPS}
    )
    select g.flow_id, f.name as flow_name, g.node_id, g.code, g.desk, nullif(g.words, '') as fault, e.message, e.version,
      g.count, g.first_at, g.last_at, g.unowned, coalesce(m.money, '[]') as money, coalesce(o.owners, '[]') as owners
    from first g
    left join (
      select flow_id, node_id, code, desk, words,
        jsonb_agg(jsonb_build_object('currency', currency, 'amount', amount::text, 'count', priced) order by currency) as money
      from (
        select flow_id, node_id, code, desk, words, currency, sum(amount) as amount, sum(priced)::int as priced
        from worded where priced > 0 group by flow_id, node_id, code, desk, words, currency
      ) priced group by flow_id, node_id, code, desk, words
    ) m using (flow_id, node_id, code, desk, words)
    left join (
      select flow_id, node_id, code, desk, words,
        jsonb_agg(jsonb_build_object('id', h.assigned_to, 'name', u.name, 'count', h.count) order by h.count desc, u.name)
          filter (where h.place <= ${MOST_OWNERS}) as owners
      from (
        select flow_id, node_id, code, desk, words, assigned_to, sum(count)::int as count,
          row_number() over (partition by flow_id, node_id, code, desk, words order by sum(count) desc, assigned_to) as place
        from worded where assigned_to is not null group by flow_id, node_id, code, desk, words, assigned_to
      ) h join users u on u.id = h.assigned_to
      group by flow_id, node_id, code, desk, words
    ) o using (flow_id, node_id, code, desk, words)
    join flows f on f.workspace_id = ${workspace} and f.id = g.flow_id
    join exceptions e on e.workspace_id = ${workspace} and e.id = g.newest
    order by g.weight desc nulls last, g.count desc, g.first_at
  `.execute(tx)
  const steps = await nameSteps(tx, workspace, rows)
  return rows.map(({ version: _, ...row }, at) => ({
    ...row,
    step: steps[at] ?? { id: row.node_id, name: row.node_id, operation: null },
  }))
}
