import { sql, type Transaction } from 'kysely'
import type { Database } from '../database/schema.ts'

/** Hands the failed runs of a cause to somebody; null: to nobody any more. */
export async function setFaultOwner(
  tx: Transaction<Database>,
  workspace: string,
  fault: string,
  owner: string | null,
  by: string,
): Promise<void> {
  if (owner === null) {
    await tx.deleteFrom('fault_owners').where('workspace_id', '=', workspace).where('fault', '=', fault).execute()
    return
  }
  await sql`
    insert into fault_owners (workspace_id, fault, owner_id, taken_by)
    values (${workspace}, ${fault}, ${owner}, ${by})
    on conflict (workspace_id, fault) do update set owner_id = excluded.owner_id, taken_by = excluded.taken_by, taken_at = now()
  `.execute(tx)
}

/** Failed runs of a cause within a week: what somebody takes who takes it. */
export async function countFault(tx: Transaction<Database>, workspace: string, fault: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from runs
    where workspace_id = ${workspace} and fault = ${fault} and not dry and id >= tieline_first_id(now() - interval '7 days')
  `.execute(tx)
  return rows[0]!.count
}
