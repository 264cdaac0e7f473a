import { type Kysely, sql } from 'kysely'
import type { Database } from '../database/schema.ts'

/**
 * Lends the book under a key to `change`, one process at a time, and keeps what it leaves. `change` must be quick and
 * call nobody: others wait. `now` is the database's clock, in whole milliseconds, read with the book in hand.
 */
export async function changeBook<Book, T>(
  db: Kysely<Database>,
  key: Buffer,
  change: (book: Book | undefined, now: number) => { readonly book: Book; readonly result: T },
): Promise<T> {
  return db.transaction().execute(async (tx) => {
    let row = (await lock<Book>(key).execute(tx)).rows[0]
    if (!row) {
      // A remote that nobody has called for days is forgotten: all its windows have passed.
      await sql`delete from budgets where used_at < now() - interval '3 days'`.execute(tx)
      await sql`insert into budgets (key) values (${key}) on conflict do nothing`.execute(tx)
      row = (await lock<Book>(key).execute(tx)).rows[0]!
    }
    const { book, result } = change(row.book ?? undefined, row.now)
    await sql`update budgets set book = ${JSON.stringify(book)}::jsonb, used_at = now() where key = ${key}`.execute(tx)
    return result
  })
}

export async function readBook<Book>(
  db: Kysely<Database>,
  key: Buffer,
): Promise<{ readonly book: Book; readonly now: number } | undefined> {
  const { rows } = await sql<{ book: Book | null; now: number }>`
    select book, floor(extract(epoch from clock_timestamp()) * 1000)::int8 as now from budgets where key = ${key}
  `.execute(db)
  const [row] = rows
  return row?.book ? { book: row.book, now: row.now } : undefined
}

/** All books of remotes that were called within a day. */
export async function readBooks<Book>(
  db: Kysely<Database>,
): Promise<readonly { readonly book: Book; readonly now: number }[]> {
  const { rows } = await sql<{ book: Book; now: number }>`
    select book, floor(extract(epoch from clock_timestamp()) * 1000)::int8 as now from budgets
    where used_at > now() - interval '1 day' and book is not null
  `.execute(db)
  return rows
}

/** The clock is read above the lock: with the row in hand, not while waiting for it. */
const lock = <Book>(key: Buffer) => sql<{ book: Book | null; now: number }>`
  with locked as materialized (select book from budgets where key = ${key} for update)
  select book, floor(extract(epoch from clock_timestamp()) * 1000)::int8 as now from locked
`
