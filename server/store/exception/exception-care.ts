import { sql, type Transaction } from 'kysely'
import { newId } from '../database/ids.ts'
import { choose, type Selection } from './retries.ts'
import type { Database } from '../database/schema.ts'

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
