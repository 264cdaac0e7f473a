import { type Kysely, sql } from 'kysely'
import type { Database } from '../database/schema.ts'
import { SEALED, type SealedColumn } from './sealed-columns.ts'
import { rewrap, type SecretKey } from './secrets.ts'

/** Rows of one transaction: others wait for one of them for some tens of milliseconds at most. */
const BATCH = 200

/**
 * Wraps the data key of every sealed value with another key, a batch at a time: what is done stays done, and asked again
 * it goes on with the rest. With the owner's login, while others read and write. A row that somebody holds is left out,
 * so that nobody waits for this in a circle: ask again until `countSealedWith` says that none is left.
 */
export async function replaceKey(
  db: Kysely<Database>,
  from: SecretKey,
  to: SecretKey,
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

/** Values that are still sealed with a key. */
export async function countSealedWith(db: Kysely<Database>, key: SecretKey): Promise<number> {
  let count = 0
  for (const { table, column } of SEALED) {
    const { rows } = await sql<{ n: number }>`
      select count(*)::int as n from ${sql.table(table)} where substring(${sql.ref(column)} from 2 for 8) = ${key.id}
    `.execute(db)
    count += rows[0]?.n ?? 0
  }
  return count
}

type Batch = { readonly values: number; readonly last: readonly string[] | undefined }

async function wrapBatch(
  tx: Kysely<Database>,
  { table, column, keys, place }: SealedColumn,
  from: SecretKey,
  to: SecretKey,
  after: readonly string[] | undefined,
): Promise<Batch> {
  const names = sql.join(keys.map((key) => sql.ref(key)))
  const { rows } = await sql<{ sealed: Buffer; keys: string[] }>`
    select ${sql.ref(column)} as sealed, array[${sql.join(keys.map((key) => sql`${sql.ref(key)}::text`))}] as keys
    from ${sql.table(table)}
    where substring(${sql.ref(column)} from 2 for 8) = ${from.id}
      ${after ? sql`and (${names}) > (${sql.join(after)})` : sql``}
    order by ${names} limit ${BATCH} for no key update skip locked
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
