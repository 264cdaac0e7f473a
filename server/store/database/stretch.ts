import { sql } from 'kysely'

/** Rows that fit, newest first, from one place to another: those that were sought, of how many, and the oldest of all. */
export type Stretch<Row> = {
  readonly rows: readonly Row[]
  readonly of: number
  readonly oldest: { readonly id: string; readonly at: Date } | undefined
}

/** How far one request looks: so many rows that fit at once, and so often. */
export type Reach = { readonly atOnce: number; readonly mostLooks: number }

/** What each row of the statement tells beside what was sought; one without an id tells nothing else. */
export type StretchRow = { readonly id: string | null; readonly of: number; readonly oldest: string; readonly at: Date }

/** How far the rows called `looked` go, which have `id` and `created_at`. */
export const STRETCH = sql`
  (select (select count(*)::int from looked) as of, id as oldest, created_at as at from looked order by id limit 1)
`

export function stretchOf<Row extends { readonly id: string }>(
  rows: readonly (StretchRow & { readonly [Name in keyof Row]: Row[Name] | null })[],
): Stretch<Row> {
  const [first] = rows
  return {
    // What was found has all that it has of its table.
    rows: rows.filter(({ id }) => id !== null) as readonly unknown[] as readonly Row[],
    of: first?.of ?? 0,
    oldest: first && { id: first.oldest, at: first.at },
  }
}
