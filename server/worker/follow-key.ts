import type { Kysely } from 'kysely'
import { keysKnown, refuseOthers } from '../store/key/key-check.ts'
import type { Database } from '../store/database/schema.ts'
import type { Keyring } from '../store/key/secrets.ts'

export type KeyParts = {
  readonly keyring: Keyring
  /** Keys that may have been put there since it started. */
  given(): readonly Buffer[]
}

/**
 * Seals from now on with the key that the database says, and opens with those of before as well.
 * @throws DatabaseError if this process does not have it
 */
export async function followKey(db: Kysely<Database>, { keyring, given }: KeyParts): Promise<void> {
  for (const root of given()) keyring.hold(root)
  const known = await keysKnown(db)
  refuseOthers(
    known,
    keyring.held.map(({ fingerprint }) => fingerprint),
  )
  const sealing = known.replacing ?? known.now
  if (sealing !== undefined && sealing !== keyring.fingerprint) keyring.sealWith(sealing)
}
