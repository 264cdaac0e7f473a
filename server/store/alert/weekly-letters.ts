import { type Kysely, sql, type Transaction } from 'kysely'
import type { Database, Role } from '../database/schema.ts'

type Tx = Transaction<Database>

/** Somebody who wants the weekly letter of a workspace. */
export type Reader = {
  readonly workspace: string
  readonly workspaceName: string
  readonly user: string
  readonly email: string
  readonly name: string
  readonly role: Role
  readonly zone: string
  /** How they want numbers written. */
  readonly numbers: string | null
  /** The Monday of the newest letter they had of this workspace: `2026-11-23`. */
  readonly last: string | null
}

/** Members who can sign in and have asked for it, of workspaces that are not being closed. Runs with the system login. */
export async function weeklyReaders(system: Kysely<Database>): Promise<readonly Reader[]> {
  const { rows } = await sql<Reader>`
    select m.workspace_id as workspace, w.name as "workspaceName", u.id as "user", u.email, u.name, m.role,
      coalesce(u.preferences ->> 'zone', u.preferences -> 'weekly' ->> 'zone', 'UTC') as zone,
      u.preferences ->> 'numbers' as numbers,
      (select max(l.week)::text from weekly_letters l where l.workspace_id = m.workspace_id and l.user_id = u.id) as last
    from users u
    join members m on m.user_id = u.id
    join workspaces w on w.id = m.workspace_id
    where u.preferences ? 'weekly' and u.preferences -> 'weekly' -> 'workspaces' ? m.workspace_id::text
      and u.disabled_at is null and w.closing_at is null
    order by m.workspace_id, u.id
  `.execute(system)
  return rows
}

/** Older rows of a person, in days: nobody asks for them. */
const KEEP_DAYS = 90

/**
 * True for the one who writes the row: only they send. False too where the person has meanwhile left the workspace, can no
 * longer sign in or does not want it any more, or the workspace is being closed. Runs with the system login.
 */
export async function claimLetter(
  system: Kysely<Database>,
  workspace: string,
  user: string,
  week: string,
): Promise<boolean> {
  const { rows } = await sql`
    insert into weekly_letters (workspace_id, user_id, week)
    select m.workspace_id, m.user_id, ${week}::date
    from members m join workspaces w on w.id = m.workspace_id join users u on u.id = m.user_id
    where m.workspace_id = ${workspace} and m.user_id = ${user} and w.closing_at is null and u.disabled_at is null
      and u.preferences -> 'weekly' -> 'workspaces' ? m.workspace_id::text
    on conflict do nothing
    returning week
  `.execute(system)
  return rows.length === 1
}

export async function settleLetter(
  tx: Tx,
  workspace: string,
  user: string,
  week: string,
  { state, error = null }: { state: 'sent' | 'failed' | 'unknown'; error?: string | null },
): Promise<void> {
  await sql`
    delete from weekly_letters where workspace_id = ${workspace} and user_id = ${user} and week < ${week}::date - ${KEEP_DAYS}::int
  `.execute(tx)
  await sql`
    update weekly_letters set state = ${state}, error = ${error}
    where workspace_id = ${workspace} and user_id = ${user} and week = ${week}::date
  `.execute(tx)
}

/** No server has taken it: a later turn may write the row, and send. */
export async function releaseLetter(tx: Tx, workspace: string, user: string, week: string): Promise<void> {
  await sql`
    delete from weekly_letters
    where workspace_id = ${workspace} and user_id = ${user} and week = ${week}::date and state = 'sending'
  `.execute(tx)
}
