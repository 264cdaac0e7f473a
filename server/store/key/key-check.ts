import { type Kysely, sql } from 'kysely'
import { DatabaseError } from '../database/errors.ts'
import type { Database } from '../database/schema.ts'

const NAME = 'secret-key'
/** While the key is being replaced: the fingerprint of the new one. */
const REPLACING = 'secret-key-replacing'
export const KEPT_KEYS = 'kept-keys'
export const KEY_INVENTORY = 'secret-keys'

/**
 * Refuses a process that does not have the secret key that this database was first used with, or not both while one
 * replaces the other: what is sealed with one cannot be opened with another. With the owner's login, before the logins'
 * passwords are made from the key.
 * @param fingerprints of the keys it has; the first counts where the database knows none yet
 */
export async function checkKey(db: Kysely<Database>, fingerprints: readonly string[]): Promise<void> {
  await sql`
    insert into installation (name, value) values (${NAME}, ${JSON.stringify(fingerprints[0])}::jsonb) on conflict do nothing
  `.execute(db)
  refuseOthers(await keysKnown(db), fingerprints)
}

export type KeysKnown = {
  /** The fingerprint of the key that counts. */
  readonly now: string | undefined
  /** Of the one that is replacing it: values are sealed with it already. */
  readonly replacing: string | undefined
}

export function refuseOthers({ now, replacing }: KeysKnown, fingerprints: readonly string[]): void {
  const has = (one: string | undefined) => one === undefined || fingerprints.includes(one)
  if (has(now) && has(replacing)) return
  if (replacing !== undefined) {
    throw new DatabaseError(
      'SECRET_KEY_HALFWAY',
      'the secret key is being replaced by another, and that has not come to its end. Give this process both keys: the old one in SECRET_KEY and the new one in NEW_SECRET_KEY, or secret.key and secret.key.next in DATA_DIR. If npm run keys:rotate was cut short, run it again; it goes on where it was.',
    )
  }
  throw new DatabaseError(
    'SECRET_KEY_DIFFERENT',
    'the secret key is not the one this database was first used with, and could not open what is sealed in it. Give every process the same SECRET_KEY, or the same DATA_DIR/secret.key.',
  )
}

/** After a restore under another key: the next start decides which key counts. */
export async function forgetKey(db: Kysely<Database>): Promise<void> {
  await db.deleteFrom('installation').where('name', 'in', [NAME, REPLACING, KEPT_KEYS, KEY_INVENTORY]).execute()
}

export async function keysKnown(db: Kysely<Database>): Promise<KeysKnown> {
  const rows = await db.selectFrom('installation').selectAll().where('name', 'in', [NAME, REPLACING]).execute()
  const find = (name: string) => {
    const value = rows.find((row) => row.name === name)?.value
    return typeof value === 'string' ? value : undefined
  }
  return { now: find(NAME), replacing: find(REPLACING) }
}

/** From here on processes need both keys, and seal with this one. */
export async function beginReplacing(db: Kysely<Database>, fingerprint: string): Promise<void> {
  await put(db, REPLACING, fingerprint)
}

export async function endReplacing(db: Kysely<Database>, fingerprint: string): Promise<void> {
  await put(db, NAME, fingerprint)
  await db.deleteFrom('installation').where('name', '=', REPLACING).execute()
}

async function put(db: Kysely<Database>, name: string, fingerprint: string): Promise<void> {
  await sql`
    insert into installation (name, value) values (${name}, ${JSON.stringify(fingerprint)}::jsonb)
    on conflict (name) do update set value = excluded.value
  `.execute(db)
}
