import { type Kysely, sql } from 'kysely'
import type { Database } from '../database/schema.ts'

const KEYS = sql`hashtext('tieline keys')`

/**
 * Takes the right to replace the secret key, for as long as the connection lives, however its process ends. Two who did it at
 * once, each with a new key of their own, would leave values that neither key opens alone. False: somebody else has it.
 */
export async function holdKeys(connection: Kysely<Database>): Promise<boolean> {
  const { rows } = await sql<{ mine: boolean }>`select pg_try_advisory_lock(${KEYS}) as mine`.execute(connection)
  return rows[0]?.mine === true
}

/** For the length of a transaction, so that nobody begins to replace the key within it. */
export async function keepKeysStill(tx: Kysely<Database>): Promise<boolean> {
  const { rows } = await sql<{ mine: boolean }>`select pg_try_advisory_xact_lock(${KEYS}) as mine`.execute(tx)
  return rows[0]?.mine === true
}
