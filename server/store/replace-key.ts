import { type Kysely, sql } from 'kysely'
import type { Database } from './schema.ts'
import { SEALED, type SealedColumn } from './sealed-columns.ts'
import { type Keyring, rewrap } from './secrets.ts'

/** Rows of one transaction. */
const BATCH = 200

/**
 * Wraps the data key of every sealed value with another key, a batch at a time: what is done stays done, and asked again
 * it goes on with the rest. With the owner's login. Answers how many values of each column.
 */
export async function replaceKey(
  db: Kysely<Database>,
  from: Keyring,
  to: Keyring,
  onBatch: (column: SealedColumn, values: number) => void = () => {},
): Promise<void> {
  for (const column of SEALED) {
    let after: readonly string[] | undefined
    do {
      const batch: Batch = await db.transaction().execute((tx) => wrapBatch(tx, column, from, to, after))
      after = batch.last
      if (batch.values > 0) onBatch(column, batch.values)
    } while (after)
  }
}

/** How the command that replaces the key calls its connections. */
export const KEYS_APPLICATION = 'tieline keys:rotate'

/** Whether processes of the product hold connections to the database. */
export async function othersConnected(db: Kysely<Database>): Promise<boolean> {
  const { rows } = await sql`
    select 1 from pg_stat_activity where datname = current_database() and application_name like 'tieline %'
      and application_name <> ${KEYS_APPLICATION} limit 1
  `.execute(db)
  return rows.length > 0
}

/** Values that are still sealed with a key. */
export async function countSealed(db: Kysely<Database>, keys: Keyring): Promise<number> {
  let count = 0
  for (const { table, column } of SEALED) {
    const { rows } = await sql<{ n: number }>`
      select count(*)::int as n from ${sql.table(table)} where substring(${sql.ref(column)} from 2 for 8) = ${keys.id}
    `.execute(db)
    count += rows[0]?.n ?? 0
  }
  return count
}

type Batch = { readonly values: number; readonly last: readonly string[] | undefined }

async function wrapBatch(
  tx: Kysely<Database>,
  { table, column, keys, place }: SealedColumn,
  from: Keyring,
  to: Keyring,
  after: readonly string[] | undefined,
): Promise<Batch> {
  const names = sql.join(keys.map((key) => sql.ref(key)))
  const { rows } = await sql<{ sealed: Buffer; keys: string[] }>`
    select ${sql.ref(column)} as sealed, array[${sql.join(keys.map((key) => sql`${sql.ref(key)}::text`))}] as keys
    from ${sql.table(table)}
    where substring(${sql.ref(column)} from 2 for 8) = ${from.id}
      ${after ? sql`and (${names}) > (${sql.join(after)})` : sql``}
    order by ${names} limit ${BATCH} for update
  `.execute(tx)
  for (const row of rows) {
    const sealed = rewrap(from, to, place(row.keys), row.sealed)
    const here = sql.join(
      keys.map((key, index) => sql`${sql.ref(key)} = ${row.keys[index]}`),
      sql` and `,
    )
    await sql`update ${sql.table(table)} set ${sql.ref(column)} = ${sealed} where ${here}`.execute(tx)
  }
  return { values: rows.length, last: rows.length < BATCH ? undefined : rows.at(-1)?.keys }
}
