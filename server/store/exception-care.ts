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

export async function sumOpen(tx: Tx, workspace: string, person: string, desk?: Desk) {
  const { rows } = await sql<{ open: number; snoozed: number; mine: number; oldest: Date | null; money: Money[] }>`
    with sums as materialized (
      select currency, count(*) as open, count(*) filter (where snoozed_until > now()) as snoozed,
        count(*) filter (where assigned_to = ${person}) as mine, min(created_at) as oldest,
        sum(amount) as amount, count(amount) as priced
      from exceptions where workspace_id = ${workspace} and state = 'open'
        ${desk === undefined ? sql`` : sql`and desk = ${desk}`}
      group by currency
    )
    select coalesce(sum(open), 0)::int as open, coalesce(sum(snoozed), 0)::int as snoozed,
      coalesce(sum(mine), 0)::int as mine, min(oldest) as oldest,
      coalesce(jsonb_agg(jsonb_build_object('currency', currency, 'amount', amount::text, 'count', priced) order by currency)
        filter (where priced > 0), '[]') as money
    from sums
  `.execute(tx)
  return rows[0]!
}
