import { type Kysely, sql } from 'kysely'
import { KEPT_KEYS, KEY_INVENTORY } from './key-check.ts'
import type { Database } from '../database/schema.ts'
import { SEALED } from './sealed-columns.ts'
import type { Keyring, SecretKey } from './secrets.ts'

/** A secret key of the installation, without its material. Times are ISO 8601. */
export type KnownKey = {
  /** As sealed values name it, hexadecimal. */
  readonly id: string
  readonly fingerprint: string
  /** Null: before anybody noted it. */
  readonly since: string | null
  /** Since when nothing is sealed with it any more. */
  readonly replacedAt: string | null
  /** Since when no process holds it and nobody comes in by it: it may be deleted. */
  readonly endedAt: string | null
}

export type KeyInventory = {
  /** The oldest first. */
  readonly keys: readonly KnownKey[]
  /** Sealed values by the fingerprint of their key, as they were last counted. */
  readonly counted: { readonly at: string; readonly values: { readonly [fingerprint: string]: number } } | null
}

export async function readInventory(db: Kysely<Database>): Promise<KeyInventory> {
  const row = await db.selectFrom('installation').select('value').where('name', '=', KEY_INVENTORY).executeTakeFirst()
  // Written below, in this form.
  return (row?.value as KeyInventory | undefined) ?? { keys: [], counted: null }
}

export async function writeInventory(db: Kysely<Database>, inventory: KeyInventory): Promise<void> {
  await sql`
    insert into installation (name, value) values (${KEY_INVENTORY}, ${JSON.stringify(inventory)}::jsonb)
    on conflict (name) do update set value = excluded.value
  `.execute(db)
}

export const knownKey = ({ id, fingerprint }: SecretKey, since: string | null): KnownKey => ({
  ...{ id: id.toString('hex'), fingerprint, since },
  replacedAt: null,
  endedAt: null,
})

/** At a start: the first key is as old as the database; one that came before this was kept, nobody knows how old. */
export async function noteKey(db: Kysely<Database>, keys: Keyring): Promise<void> {
  const { rows } = await sql<{ since: string | null }>`
    select case when exists (select 1 from installation where name = ${KEPT_KEYS}) then null
      else (select min(timestamp) from kysely_migration) end as since
    where not exists (select 1 from installation where name = ${KEY_INVENTORY})
  `.execute(db)
  const [first] = rows
  if (!first) return
  const inventory: KeyInventory = { keys: [knownKey(keys, first.since)], counted: null }
  await sql`
    insert into installation (name, value) values (${KEY_INVENTORY}, ${JSON.stringify(inventory)}::jsonb)
    on conflict do nothing
  `.execute(db)
}

/** Sealed values by the id of their key, hexadecimal. Reads all of them: with the owner's login, minutes for millions. */
export async function countSealed(db: Kysely<Database>): Promise<ReadonlyMap<string, number>> {
  const sums = new Map<string, number>()
  for (const { table, column } of SEALED) {
    const { rows } = await sql<{ id: string; n: number }>`
      select encode(substring(${sql.ref(column)} from 2 for 8), 'hex') as id, count(*)::int as n
      from ${sql.table(table)} where ${sql.ref(column)} is not null group by 1
    `.execute(db)
    for (const { id, n } of rows) sums.set(id, (sums.get(id) ?? 0) + n)
  }
  return sums
}
