import { type Kysely, sql } from 'kysely'
import { KEPT_KEYS, keysKnown } from './key-check.ts'
import type { LoginKeys } from '../database/logins.ts'
import type { Database } from '../database/schema.ts'
import { createKeyring, keyFingerprint, type Keyring, open, seal } from './secrets.ts'

const PLACE = 'installation/kept-keys'

/** What does not change with the secret key; kept in the database, sealed with it, from the first change on. */
export type Kept = {
  readonly blind: string
  /** Missing where the key was changed by a version that made the logins from the secret key itself. */
  readonly logins?: LoginKeys
}

async function read(db: Kysely<Database>): Promise<Buffer | undefined> {
  const row = await db.selectFrom('installation').select('value').where('name', '=', KEPT_KEYS).executeTakeFirst()
  return typeof row?.value === 'string' ? Buffer.from(row.value, 'base64') : undefined
}

/**
 * The keyring of an installation: seals with the key that counts, opens with all that are given; what was kept when the
 * secret key was replaced is taken from the database.
 */
export async function keyringOf(db: Kysely<Database>, ...roots: readonly [Buffer, ...Buffer[]]): Promise<Keyring> {
  const { now, replacing } = await keysKnown(db)
  const root = roots.find((one) => keyFingerprint(one) === now) ?? roots[0]
  const holdAll = (keys: Keyring) => {
    for (const one of roots) keys.hold(one)
    const sealing = replacing ?? now
    if (sealing !== undefined) keys.sealWith(sealing)
    return keys
  }
  const keys = holdAll(createKeyring(root))
  const kept = await keptKeys(db, keys)
  return kept ? holdAll(createKeyring(root, kept)) : keys
}

export async function keptKeys(db: Kysely<Database>, keys: Keyring): Promise<Kept | undefined> {
  const sealed = await read(db)
  // Sealed below, in this form.
  return sealed && (JSON.parse(open(keys, PLACE, sealed).toString()) as Kept)
}

/** Seals what has to stay under another key. */
export async function keepKeys(db: Kysely<Database>, to: Keyring, kept: Kept): Promise<void> {
  const value = JSON.stringify(seal(to, PLACE, JSON.stringify(kept)).toString('base64'))
  await sql`
    insert into installation (name, value) values (${KEPT_KEYS}, ${value}::jsonb)
    on conflict (name) do update set value = excluded.value
  `.execute(db)
}
