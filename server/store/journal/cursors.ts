import { sql, type Transaction } from 'kysely'
import type { Database } from '../database/schema.ts'

type Tx = Transaction<Database>

/**
 * Sets a read past all that there is: nothing before `cursor` is read any more. What was delivered lately stays known.
 * @param cursor JSON, made by the operation of the node
 */
export async function moveCursor(
  tx: Tx,
  at: { workspace: string; flow: string; node: string; connection: string; cursor: string },
): Promise<void> {
  await sql`
    insert into cursors (workspace_id, flow_id, node_id, connection_id, cursor)
    values (${at.workspace}, ${at.flow}, ${at.node}, ${at.connection}, ${at.cursor}::jsonb)
    on conflict (workspace_id, flow_id, node_id, connection_id) do update set
      cursor = excluded.cursor, run_id = null, updated_at = now()
  `.execute(tx)
}

export type InHand = {
  /** Runs that have not ended. */
  readonly runs: number
  /** Those of them that move the flow's cursors when they go on. */
  readonly moving: number
  readonly waiting: number
  readonly events: number
}

/** What of a flow is under way, or waits to go on. */
export async function inHand(tx: Tx, workspace: string, flow: string): Promise<InHand> {
  const { rows } = await sql<InHand>`
    select
      (select count(*)::int from runs where workspace_id = ${workspace} and flow_id = ${flow}
        and state in ('queued', 'running', 'waiting', 'paused') and not dry) as runs,
      (select count(*)::int from runs where workspace_id = ${workspace} and flow_id = ${flow}
        and state in ('queued', 'running', 'waiting', 'paused') and not dry and start ->> 'kind' in ('trigger', 'inbox')) as moving,
      (select count(*)::int from waiting_records where workspace_id = ${workspace} and flow_id = ${flow}) as waiting,
      (select count(*)::int from inbox i join hooks h on h.workspace_id = i.workspace_id and h.id = i.hook_id
        where i.workspace_id = ${workspace} and h.flow_id = ${flow} and i.run_id is null) as events
  `.execute(tx)
  return rows[0]!
}
