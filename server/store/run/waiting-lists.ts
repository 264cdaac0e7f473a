import { sql, type Transaction } from 'kysely'
import type { Database } from '../database/schema.ts'

type Tx = Transaction<Database>

export type WaitingRow = {
  readonly id: string
  readonly node_id: string
  readonly kept_by: string
  readonly came_at: Date
  readonly due_at: Date
  readonly look_at: Date
  readonly run_id: string | null
}

/** How many records of a flow wait, when the next is due, and those that are due first. */
export async function listWaiting(
  tx: Tx,
  workspace: string,
  flow: string,
  limit: number,
): Promise<{ readonly count: number; readonly next: Date | null; readonly first: readonly WaitingRow[] }> {
  const all = await sql<{ count: number; next: Date | null }>`
    select count(*)::int as count, min(due_at) as next from waiting_records
    where workspace_id = ${workspace} and flow_id = ${flow}
  `.execute(tx)
  const { rows } = await sql<WaitingRow>`
    select id, node_id, kept_by, came_at, due_at, look_at, run_id from waiting_records
    where workspace_id = ${workspace} and flow_id = ${flow} order by due_at, id limit ${limit}
  `.execute(tx)
  return { count: all.rows[0]?.count ?? 0, next: all.rows[0]?.next ?? null, first: rows }
}

/** Deletes records that wait, some or all. Those that a run has taken go on with it. Answers how many were deleted. */
export async function cancelWaiting(
  tx: Tx,
  workspace: string,
  flow: string,
  ids: readonly string[] | 'all',
): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from waiting_records where workspace_id = ${workspace} and flow_id = ${flow} and run_id is null
      and ${ids === 'all' ? sql`true` : sql`id = any(${ids as string[]}::uuid[])`}
  `.execute(tx)
  return Number(numAffectedRows ?? 0n)
}

/** Makes records due at once, some or all: the next look at the clock lets them out. Answers how many. */
export async function releaseWaiting(
  tx: Tx,
  workspace: string,
  flow: string,
  ids: readonly string[] | 'all',
): Promise<number> {
  const { numAffectedRows } = await sql`
    update waiting_records set due_at = least(due_at, now()), look_at = now()
    where workspace_id = ${workspace} and flow_id = ${flow} and run_id is null and look_at > now()
      and ${ids === 'all' ? sql`true` : sql`id = any(${ids as string[]}::uuid[])`}
  `.execute(tx)
  return Number(numAffectedRows ?? 0n)
}
