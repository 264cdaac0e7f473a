import { createHash } from 'node:crypto'
import { sql, type Transaction } from 'kysely'
import { canonical, INSTALLATION } from '../audit/chain.ts'
import { appendAudit } from '../store/workspace/audit.ts'
import {
  beginDeletion,
  deleteRows,
  findDeletion,
  finishDeletion,
  keepHash,
  tenantTables,
} from '../store/offboarding/deletions.ts'
import type { Database } from '../store/database/schema.ts'
import { viewDeletion } from './record.ts'

/** When all rows of a workspace are gone: it goes itself, and its record is closed and hashed. */
export async function endDeletion(tx: Transaction<Database>, workspace: string): Promise<void> {
  await finishDeletion(tx, workspace)
  const row = await findDeletion(tx, workspace)
  if (!row) throw new Error('the record of the deletion is gone')
  const { hash: _none, ...record } = viewDeletion(row)
  const hash = createHash('sha256').update(canonical(record)).digest('hex')
  await keepHash(tx, workspace, hash)
  await appendAudit(tx, INSTALLATION, {
    action: 'workspace.deleted',
    actor: { kind: 'system', id: null },
    who: { name: '', email: '', address: '' },
    subject: { workspace },
    detail: { record: hash, audit: record.audit, rows: Object.values(record.counts).reduce((a, b) => a + b, 0) },
    requestId: null,
  })
}

/**
 * In one go, of a workspace that a backup has brought back, with the owner's login while no process runs. Its sign-ins were
 * given back when it was deleted.
 */
export async function deleteAgain(tx: Transaction<Database>, workspace: string): Promise<void> {
  await sql`update runs set lease_until = now() where workspace_id = ${workspace} and lease_until > now()`.execute(tx)
  await sql`
    update workspaces set closing_at = coalesce(closing_at, now()), delete_after = now() where id = ${workspace}
  `.execute(tx)
  if (!(await beginDeletion(tx, workspace))) throw new Error(`workspace ${workspace} cannot be deleted again`)
  for (const table of await tenantTables(tx)) {
    while ((await deleteRows(tx, workspace, table, 1_000_000)) > 0);
  }
  await endDeletion(tx, workspace)
}
