import { type Kysely, sql, type Transaction } from 'kysely'
import type { Database } from '../database/schema.ts'

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
 * Whether another connection signs in to the same account in the same way, and works: what is given back for one is gone
 * for both. `whole`: the workspace goes as a whole, so only those of others count. With the system login.
 */
export async function usedElsewhere(
  system: Kysely<Database>,
  { workspace, id, connector }: { readonly workspace: string; readonly id: string; readonly connector: string },
  { whole }: { readonly whole: boolean },
): Promise<boolean> {
  const { rows } = await sql`
    select 1 from connections mine join connections other
      on other.connector = mine.connector and other.login = mine.login and other.pinned = mine.pinned
      and other.state <> 'sign-in-needed'
      and case when ${whole} then other.workspace_id <> mine.workspace_id else other.id <> mine.id end
    where mine.workspace_id = ${workspace} and mine.id = ${id} and mine.connector = ${connector} and mine.pinned <> '{}'
    limit 1
  `.execute(system)
  return rows.length > 0
}
