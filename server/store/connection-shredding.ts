import { type Kysely, sql, type Transaction } from 'kysely'
import type { Database } from './schema.ts'

type Tx = Transaction<Database>

export async function listForRevoking(
  tx: Tx,
  workspace: string,
): Promise<readonly { readonly id: string; readonly connector: string }[]> {
  return tx
    .selectFrom('connections')
    .select(['id', 'connector'])
    .where('workspace_id', '=', workspace)
    .orderBy('id')
    .execute()
}

/** Takes away the sealed values, and with them their keys: nothing in the database opens them any more. */
export async function shredSecrets(tx: Tx, workspace: string, id: string): Promise<void> {
  await sql`
    update connections set secrets = ''::bytea, tokens = null, tokens_expire_at = null, state = 'sign-in-needed'
    where workspace_id = ${workspace} and id = ${id}
  `.execute(tx)
}

/**
 * Whether a connection in whatever workspace is about the same account: what is given back for one is gone for all. Of
 * two in the same workspace the later one gives it back. With the system login.
 */
export async function usedElsewhere(
  system: Kysely<Database>,
  { workspace, id, connector }: { readonly workspace: string; readonly id: string; readonly connector: string },
  { whole = true }: { /** The workspace goes as a whole. */ readonly whole?: boolean } = {},
): Promise<boolean> {
  const { rows } = await sql`
    select 1 from connections mine join connections other
      on other.connector = mine.connector and other.pinned = mine.pinned
      and (other.workspace_id <> mine.workspace_id or (${whole} and other.id > mine.id) or (not ${whole} and other.id <> mine.id))
    where mine.workspace_id = ${workspace} and mine.id = ${id} and mine.connector = ${connector} and mine.pinned <> '{}'
    limit 1
  `.execute(system)
  return rows.length > 0
}
