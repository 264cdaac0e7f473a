import { sql, type Transaction } from 'kysely'
import type { RunningState } from '../../run/journal/running-memory.ts'
import type { Database } from '../database/schema.ts'
import { blindIndex, type Keyring } from '../key/secrets.ts'

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

export type RememberedKey = { readonly at: Date; readonly run: string | null; readonly state: RunningState | null }

/** What a node remembers of one key; `key` as the run writes it (keyOf). */
export async function findRemembered(
  tx: Tx,
  keys: Keyring,
  at: { readonly workspace: string; readonly flow: string; readonly node: string },
  key: string,
): Promise<RememberedKey | undefined> {
  const { workspace, flow, node } = at
  const hash = keyHash(keys, at, key)
  const { rows } = await sql<{ at: Date; run: string | null; state: RunningState | null }>`
    select seen_at as at, run_id as run, null::jsonb as state from seen_contents
    where workspace_id = ${workspace} and flow_id = ${flow} and node_id = ${node} and key = ${hash}
    union all
    select seen_at, null, state::jsonb from running_states
    where workspace_id = ${workspace} and flow_id = ${flow} and node_id = ${node} and key = ${hash}
  `.execute(tx)
  return rows[0]
}

/** Forgets one key of a node. Answers whether it was known. */
export async function forgetKey(
  tx: Tx,
  keys: Keyring,
  at: { readonly workspace: string; readonly flow: string; readonly node: string },
  key: string,
): Promise<boolean> {
  const { workspace, flow, node } = at
  const hash = keyHash(keys, at, key)
  let known = false
  for (const table of ['seen_contents', 'running_states', 'running_contributions'] as const) {
    const { numAffectedRows } = await sql`
      delete from ${sql.table(table)}
      where workspace_id = ${workspace} and flow_id = ${flow} and node_id = ${node} and key = ${hash}
    `.execute(tx)
    known ||= Number(numAffectedRows ?? 0n) > 0
  }
  return known
}

/** As running-values.ts and node-memory.ts hash it. */
const keyHash = (
  keys: Keyring,
  { workspace, flow, node }: { workspace: string; flow: string; node: string },
  key: string,
) => blindIndex(keys, workspace, `${flow}\0${node}\0${key}`)
