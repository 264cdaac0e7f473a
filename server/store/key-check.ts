import { type Kysely, sql } from 'kysely'
import { DatabaseError } from './errors.ts'
import { KEPT_KEYS } from './kept-keys.ts'
import type { Database } from './schema.ts'

const NAME = 'secret-key'
/** While the key is being replaced: the fingerprint of the new one. */
const REPLACING = 'secret-key-replacing'

/**
 * Refuses a secret key that is not the one this database was first used with: what is sealed with one cannot be opened
 * with another. With the owner's login, before the logins' passwords are made from the key.
 */
export async function checkKey(db: Kysely<Database>, fingerprint: string): Promise<void> {
  await sql`
    insert into installation (name, value) values (${NAME}, ${JSON.stringify(fingerprint)}::jsonb) on conflict do nothing
  `.execute(db)
  if (await find(db, REPLACING)) {
    throw new DatabaseError(
      'SECRET_KEY_HALFWAY',
      'the secret key is being replaced by another, and that has not come to its end. Run npm run keys:rotate again, with the same keys; it goes on where it was.',
    )
  }
  if ((await find(db, NAME)) === fingerprint) return
  throw new DatabaseError(
    'SECRET_KEY_DIFFERENT',
    'the secret key is not the one this database was first used with, and could not open what is sealed in it. Give every process the same SECRET_KEY, or the same DATA_DIR/secret.key.',
  )
}

/** After a restore under another key: the next start decides which key counts. */
export async function forgetKey(db: Kysely<Database>): Promise<void> {
  await db.deleteFrom('installation').where('name', 'in', [NAME, REPLACING, KEPT_KEYS]).execute()
}

/** The fingerprint of the key that counts now, and of the one that is to replace it. */
export async function keysKnown(db: Kysely<Database>): Promise<{ readonly now: unknown; readonly replacing: unknown }> {
  return { now: await find(db, NAME), replacing: await find(db, REPLACING) }
}

/** From here on no process starts until the key is replaced. */
export async function beginReplacing(db: Kysely<Database>, fingerprint: string): Promise<void> {
  await put(db, REPLACING, fingerprint)
}

export async function endReplacing(db: Kysely<Database>, fingerprint: string): Promise<void> {
  await put(db, NAME, fingerprint)
  await db.deleteFrom('installation').where('name', '=', REPLACING).execute()
}

async function find(db: Kysely<Database>, name: string): Promise<unknown> {
  const row = await db.selectFrom('installation').select('value').where('name', '=', name).executeTakeFirst()
  return row?.value
}

async function put(db: Kysely<Database>, name: string, fingerprint: string): Promise<void> {
  await sql`
    insert into installation (name, value) values (${name}, ${JSON.stringify(fingerprint)}::jsonb)
    on conflict (name) do update set value = excluded.value
  `.execute(db)
}
