import { type Kysely, sql, type Transaction } from 'kysely'
import { LEFT_OPEN } from '../run/run-controls.ts'
import type { Database, Lane } from '../database/schema.ts'
import { countDoubts } from '../effect/unknown-effects.ts'
import { wakeAfterCommit } from '../database/wake.ts'

type Tx = Transaction<Database>

export type Closing = {
  readonly name: string
  readonly closing_at: Date | null
  readonly closed_by: string | null
  readonly delete_after: Date | null
}

export async function closingOf(tx: Tx, workspace: string): Promise<Closing> {
  return tx
    .selectFrom('workspaces as w')
    .leftJoin('users as u', 'u.id', 'w.closing_by')
    .select(['w.name', 'w.closing_at', 'u.name as closed_by', 'w.delete_after'])
    .where('w.id', '=', workspace)
    .executeTakeFirstOrThrow()
}

export type ClosingCounts = {
  readonly flows: { readonly id: string; readonly name: string }[]
  readonly runs: number
  readonly waiting: number
  readonly exceptions: number
  readonly unknown: number
  readonly doubts: { readonly operation: string; readonly connection: string; readonly effects: number }[]
  readonly connections: { readonly name: string; readonly connector: string; readonly signedIn: boolean }[]
  readonly tokens: number
  readonly invitations: number
}

/** What a closing stops, and what it finds unfinished. Flows that are on; while it is closing, those that were. */
export async function countForClosing(tx: Tx, workspace: string): Promise<ClosingCounts> {
  const { rows } = await sql<ClosingCounts>`
    with doubts as materialized (${countDoubts(workspace)})
    select
      (select coalesce(json_agg(json_build_object('id', f.id, 'name', f.name) order by lower(f.name), f.id), '[]')
        from flows f join workspaces w on w.id = f.workspace_id
        where f.workspace_id = ${workspace} and f.archived_at is null
          and case when w.closing_at is null then f.enabled else f.id = any(w.closing_flows) end) as flows,
      (select count(*)::int from runs where workspace_id = ${workspace}
        and state in ('queued', 'running', 'waiting', 'paused')) as runs,
      (select count(*)::int from waiting_records where workspace_id = ${workspace}) as waiting,
      (select count(*)::int from exceptions where workspace_id = ${workspace} and state in ('open', 'retrying')) as exceptions,
      (select coalesce(sum(effects), 0)::int from doubts) as unknown,
      (select coalesce(json_agg(doubts order by operation, connection), '[]') from doubts) as doubts,
      (select coalesce(json_agg(json_build_object('name', name, 'connector', connector, 'signedIn', tokens is not null)
          order by lower(name), id), '[]')
        from connections where workspace_id = ${workspace}) as connections,
      (select count(*)::int from api_tokens where workspace_id = ${workspace} and revoked_at is null
        and (expires_at is null or expires_at > now())) as tokens,
      (select count(*)::int from invitations where workspace_id = ${workspace}
        and used_at is null and revoked_at is null and expires_at > now()) as invitations
  `.execute(tx)
  if (!rows[0]) throw new Error('one row was asked for')
  return rows[0]
}

/** People of a workspace, and those who are in no other: with the system login. */
export async function countPeople(
  system: Kysely<Database>,
  workspace: string,
): Promise<{ readonly people: number; readonly peopleOnlyHere: number }> {
  const { rows } = await sql<{ people: number; only: number }>`
    select count(*)::int as people, count(*) filter (where not exists (
      select 1 from members o where o.user_id = m.user_id and o.workspace_id <> m.workspace_id
    ))::int as only
    from members m where m.workspace_id = ${workspace}
  `.execute(system)
  return { people: rows[0]?.people ?? 0, peopleOnlyHere: rows[0]?.only ?? 0 }
}

/**
 * Switches all flows off, cancels their runs (one at work ends after its batch; one that left an effect in doubt goes to a
 * worker, which names it before it ends it), ends invitations and draft leases, and sets the day after which the rows go.
 * Undefined if it was closing already, else how many runs a worker still has to name the doubts of.
 */
export async function closeWorkspace(
  tx: Tx,
  workspace: string,
  by: string,
  graceDays: number,
): Promise<number | undefined> {
  const closed = await sql`
    update workspaces set closing_at = now(), closing_by = ${by}, delete_after = now() + make_interval(days => ${graceDays}),
      closing_flows = (select coalesce(array_agg(id), '{}') from flows where workspace_id = ${workspace} and enabled)
    where id = ${workspace} and closing_at is null
  `.execute(tx)
  if (closed.numAffectedRows !== 1n) return undefined
  await sql`update flows set enabled = false, switched_at = now() where workspace_id = ${workspace} and enabled`.execute(
    tx,
  )
  await sql`delete from turn_ons where workspace_id = ${workspace}`.execute(tx)
  const { rows } = await sql<{ lane: Lane; naming: boolean }>`
    update runs r set cancel_requested = true,
      state = case when r.state = 'running' then r.state when ${LEFT_OPEN} then 'queued' else 'cancelled' end,
      reason = case when r.state = 'running' or ${LEFT_OPEN} then r.reason else 'The workspace was closed.' end,
      wake_at = case when r.state = 'running' then r.wake_at end,
      ended_at = case when r.state = 'running' or ${LEFT_OPEN} then r.ended_at else now() end
    where r.workspace_id = ${workspace} and r.state in ('queued', 'running', 'waiting', 'paused')
    returning r.lane, ${LEFT_OPEN} as naming
  `.execute(tx)
  // Runs of dead workers are ended by whoever takes them up.
  for (const lane of new Set(rows.map((row) => row.lane))) await wakeAfterCommit(tx, workspace, lane)
  await sql`update invitations set revoked_at = now()
    where workspace_id = ${workspace} and used_at is null and revoked_at is null`.execute(tx)
  await sql`delete from draft_leases where workspace_id = ${workspace}`.execute(tx)
  return rows.filter(({ naming }) => naming).length
}

/** Takes a closing back, as long as nothing was deleted. Flows stay off: whoever switches one on chooses what becomes of what it missed. */
export async function reopenWorkspace(tx: Tx, workspace: string): Promise<boolean> {
  const opened = await sql`
    update workspaces set closing_at = null, closing_by = null, delete_after = null, closing_flows = null
    where id = ${workspace} and closing_at is not null and deleting_at is null
  `.execute(tx)
  return opened.numAffectedRows === 1n
}
