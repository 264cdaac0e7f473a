import { sql, type Transaction } from 'kysely'
import { newId } from './ids.ts'
import { choose, type Selection } from './retries.ts'
import type { Database, Desk } from './schema.ts'

type Tx = Transaction<Database>

export type Care = {
  readonly assign?: string | null | undefined
  readonly snoozeUntil?: string | null | undefined
  readonly comment?: string | undefined
}

/** Groups shown at most. */
const MOST = 100

/** Does to all that are not closed what is asked; each gets its notes. */
export async function careFor(
  tx: Tx,
  workspace: string,
  select: Selection,
  { assign, snoozeUntil, comment }: Care,
  by: string,
  dry: boolean,
): Promise<{ changed: number; closed: number }> {
  const chosen = await choose(tx, workspace, select)
  const ids = chosen.filter(({ state }) => state === 'open' || state === 'retrying').map(({ id }) => id)
  const counts = { changed: ids.length, closed: chosen.length - ids.length }
  if (dry || ids.length === 0) return counts
  if (assign !== undefined || snoozeUntil !== undefined) {
    await sql`
      update exceptions set
        assigned_to = case when ${assign !== undefined} then ${assign ?? null}::uuid else assigned_to end,
        snoozed_until = case when ${snoozeUntil !== undefined} then ${snoozeUntil ?? null}::timestamptz else snoozed_until end
      where workspace_id = ${workspace} and id = any(${ids}::uuid[])
    `.execute(tx)
  }
  const notes = [
    ...(assign === undefined ? [] : [{ kind: 'assign', words: null, to: assign, until: null }]),
    ...(snoozeUntil === undefined ? [] : [{ kind: 'snooze', words: null, to: null, until: snoozeUntil }]),
    ...(comment === undefined ? [] : [{ kind: 'comment', words: comment, to: null, until: null }]),
  ]
  for (const { kind, words, to, until } of notes) {
    await sql`
      insert into exception_notes (workspace_id, exception_id, id, kind, words, assigned_to, until, made_by)
      select ${workspace}::uuid, exception, note, ${kind}, ${words}, ${to}::uuid, ${until}::timestamptz, ${by}::uuid
      from unnest(${ids}::uuid[], ${ids.map(() => newId())}::uuid[]) as n (exception, note)
    `.execute(tx)
  }
  return counts
}

export async function listNotes(tx: Tx, workspace: string, exception: string) {
  return tx
    .selectFrom('exception_notes as n')
    .leftJoin('users as u', 'u.id', 'n.made_by')
    .leftJoin('users as a', 'a.id', 'n.assigned_to')
    .select(['n.id', 'n.kind', 'n.words', 'a.name as assigned_to', 'n.until', 'u.name as by', 'n.made_at'])
    .where('n.workspace_id', '=', workspace)
    .where('n.exception_id', '=', exception)
    .orderBy('n.id')
    .limit(500)
    .execute()
}

/** Sums are decimal text, as the database adds them. */
type Money = { readonly currency: string | null; readonly amount: string; readonly count: number }

export type GroupRow = {
  readonly flow_id: string
  readonly flow_name: string
  readonly node_id: string
  readonly code: string
  readonly desk: Desk
  readonly message: string
  readonly count: number
  readonly first_at: Date
  readonly last_at: Date
  readonly money: readonly Money[]
}

/** Open exceptions that are not put aside, by flow, step and code: one cause each. */
export async function groupExceptions(
  tx: Tx,
  workspace: string,
  filter: { readonly desk?: Desk | undefined; readonly flow?: string | undefined },
): Promise<readonly GroupRow[]> {
  const { rows } = await sql<GroupRow>`
    with open as (
      select e.* from exceptions e
      where e.workspace_id = ${workspace} and e.state = 'open' and (e.snoozed_until is null or e.snoozed_until <= now())
        and e.desk = coalesce(${filter.desk ?? null}::text, e.desk)
        and e.flow_id = coalesce(${filter.flow ?? null}::uuid, e.flow_id)
    ), grouped as (
      select flow_id, node_id, code, desk, count(*)::int as count, min(created_at) as first_at, max(last_at) as last_at,
        (array_agg(id order by id desc))[1] as newest, sum(abs(amount::numeric)) as total
      from open group by flow_id, node_id, code, desk
    )
    select g.flow_id, f.name as flow_name, g.node_id, g.code, g.desk, o.message, g.count, g.first_at, g.last_at,
      coalesce((
        select jsonb_agg(jsonb_build_object('currency', m.currency, 'amount', m.amount::text, 'count', m.count) order by m.currency)
        from (
          select currency, sum(amount::numeric) as amount, count(*) as count from open
          where (flow_id, node_id, code, desk) = (g.flow_id, g.node_id, g.code, g.desk) and amount is not null
          group by currency
        ) m
      ), '[]') as money
    from grouped g
    join flows f on f.workspace_id = ${workspace} and f.id = g.flow_id
    join open o on o.id = g.newest
    order by g.total desc nulls last, g.count desc, g.first_at limit ${MOST}
  `.execute(tx)
  return rows
}

export async function sumOpen(tx: Tx, workspace: string, person: string, desk?: Desk) {
  const { rows } = await sql<{ open: number; snoozed: number; mine: number; oldest: Date | null; money: Money[] }>`
    with open as (
      select * from exceptions where workspace_id = ${workspace} and state = 'open'
        and desk = coalesce(${desk ?? null}::text, desk)
    )
    select count(*)::int as open, count(*) filter (where snoozed_until > now())::int as snoozed,
      count(*) filter (where assigned_to = ${person})::int as mine, min(created_at) as oldest,
      coalesce((
        select jsonb_agg(jsonb_build_object('currency', m.currency, 'amount', m.amount::text, 'count', m.count) order by m.currency)
        from (select currency, sum(amount::numeric) as amount, count(*) as count from open where amount is not null group by currency) m
      ), '[]') as money
    from open
  `.execute(tx)
  return rows[0]!
}
