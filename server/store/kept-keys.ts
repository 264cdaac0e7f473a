import { type Kysely, sql } from 'kysely'
import type { Database } from './schema.ts'
import { createKeyring, type Keyring, open, seal } from './secrets.ts'

export const KEPT_KEYS = 'kept-keys'
const PLACE = 'installation/kept-keys'

type Kept = { readonly blind: string }

async function read(db: Kysely<Database>): Promise<Buffer | undefined> {
  const row = await db.selectFrom('installation').select('value').where('name', '=', KEPT_KEYS).executeTakeFirst()
  return typeof row?.value === 'string' ? Buffer.from(row.value, 'base64') : undefined
}

/** The keyring of an installation: what was kept when its secret key was replaced is taken from the database. */
export async function keyringOf(db: Kysely<Database>, root: Buffer): Promise<Keyring> {
  const keys = createKeyring(root)
  const sealed = await read(db)
  if (!sealed) return keys
  // Sealed below, in this form.
  const kept = JSON.parse(open(keys, PLACE, sealed).toString()) as Kept
  return createKeyring(root, kept)
}

/** Seals what has to stay under another key: what was kept before, or else what follows from the present one. */
export async function keepKeys(db: Kysely<Database>, from: Keyring, to: Keyring): Promise<void> {
  const kept = JSON.stringify({ blind: from.blind } satisfies Kept)
  const value = JSON.stringify(seal(to, PLACE, kept).toString('base64'))
  await sql`
    insert into installation (name, value) values (${KEPT_KEYS}, ${value}::jsonb)
    on conflict (name) do update set value = excluded.value
  `.execute(db)
}
