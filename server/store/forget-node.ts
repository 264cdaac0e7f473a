import { sql, type Transaction } from 'kysely'
import type { Database } from './schema.ts'

type Tx = Transaction<Database>

export type NodeMemoryRow = { readonly node_id: string; readonly keys: number; readonly at: Date }

/** What the nodes of a flow remember from run to run, by node. */
export async function listNodeMemory(tx: Tx, workspace: string, flow: string): Promise<readonly NodeMemoryRow[]> {
  const { rows } = await sql<NodeMemoryRow>`
    select node_id, count(*)::int as keys, max(seen_at) as at from (
      select node_id, seen_at from seen_contents where workspace_id = ${workspace} and flow_id = ${flow}
      union all
      select node_id, seen_at from running_states where workspace_id = ${workspace} and flow_id = ${flow}
    ) remembered group by node_id order by node_id
  `.execute(tx)
  return rows
}

/** Forgets all that a node remembers. Answers how many keys that were. */
export async function forgetNode(tx: Tx, workspace: string, flow: string, node: string): Promise<number> {
  let keys = 0
  for (const table of ['seen_contents', 'running_states', 'running_contributions'] as const) {
    const { numAffectedRows } = await sql`
      delete from ${sql.table(table)}
      where workspace_id = ${workspace} and flow_id = ${flow} and node_id = ${node}
    `.execute(tx)
    if (table !== 'running_contributions') keys += Number(numAffectedRows ?? 0n)
  }
  return keys
}
