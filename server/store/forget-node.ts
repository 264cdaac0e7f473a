import { sql, type Transaction } from 'kysely'
import type { Database } from './schema.ts'

type Tx = Transaction<Database>

export type NodeMemoryRow = { readonly node_id: string; readonly keys: number; readonly at: Date }

/** What the nodes of a flow remember from run to run, by node. */
export async function listNodeMemory(tx: Tx, workspace: string, flow: string): Promise<readonly NodeMemoryRow[]> {
  const { rows } = await sql<NodeMemoryRow>`
    select node_id, count(*)::int as keys, max(seen_at) as at from seen_contents
    where workspace_id = ${workspace} and flow_id = ${flow} group by node_id order by node_id
  `.execute(tx)
  return rows
}

/** Forgets all that a node remembers. Answers how many keys that were. */
export async function forgetNode(tx: Tx, workspace: string, flow: string, node: string): Promise<number> {
  const result = await sql`
    delete from seen_contents where workspace_id = ${workspace} and flow_id = ${flow} and node_id = ${node}
  `.execute(tx)
  return Number(result.numAffectedRows ?? 0n)
}
