import type { Transaction } from 'kysely'
import { findEffects, findExceptionsAbout, findReads } from './records.ts'
import type { Database } from '../database/schema.ts'
import type { Keyring } from '../key/secrets.ts'

/** Times that a key is looked back for; a key that comes with every run is in all of the newest runs anyway. */
const MOST = 1_000

/** Runs that read a record with the business key, sent something under it, or set it aside. */
export async function runsOfKey(
  tx: Transaction<Database>,
  keys: Keyring,
  workspace: string,
  key: string,
): Promise<readonly string[]> {
  const stretch = { before: undefined, limit: MOST }
  const reads = await findReads(tx, keys, workspace, key, stretch)
  const effects = await findEffects(tx, workspace, [key], stretch)
  const exceptions = await findExceptionsAbout(tx, workspace, [key], stretch)
  return [...new Set([...reads, ...effects, ...exceptions].map((row) => row.run_id))]
}
