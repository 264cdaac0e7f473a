import { type Kysely, sql } from 'kysely'
import { DatabaseError } from './errors.ts'
import type { Database } from './schema.ts'

const NAME = 'secret-key'

/**
 * Refuses a secret key that is not the one this database was first used with: what is sealed with one cannot be opened
 * with another. With the owner's login, before the logins' passwords are made from the key.
 */
export async function checkKey(db: Kysely<Database>, fingerprint: string): Promise<void> {
  await sql`
    insert into installation (name, value) values (${NAME}, ${JSON.stringify(fingerprint)}::jsonb) on conflict do nothing
  `.execute(db)
  const row = await db.selectFrom('installation').select('value').where('name', '=', NAME).executeTakeFirst()
  if (row?.value === fingerprint) return
  throw new DatabaseError(
    'SECRET_KEY_DIFFERENT',
    'the secret key is not the one this database was first used with, and could not open what is sealed in it. Give every process the same SECRET_KEY, or the same DATA_DIR/secret.key.',
  )
}

/** After a restore under another key: the next start decides which key counts. */
export async function forgetKey(db: Kysely<Database>): Promise<void> {
  await db.deleteFrom('installation').where('name', '=', NAME).execute()
}
