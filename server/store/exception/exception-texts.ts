import { sql, type Transaction } from 'kysely'
import type { Database } from '../database/schema.ts'
import { STRETCH, type Stretch, type StretchRow, stretchOf } from '../database/stretch.ts'
import { exceptionConditions, type ExceptionFilter } from './exceptions.ts'

type Tx = Transaction<Database>

export type ExceptionWords = {
  readonly id: string
  readonly message: string
  readonly remote: string | null
}

/** Each cause for which records were set aside, with the words and the key of the newest. Those closed long ago have none. */
export async function exceptionWords(
  tx: Tx,
  workspace: string,
): Promise<readonly (ExceptionWords & { readonly fault: string; readonly business_key: string | null })[]> {
  // Ids are compared as bytes: as text each would be written out first.
  const { rows } = await sql<ExceptionWords & { fault: string; business_key: string | null }>`
    select c.fault, e.id, e.message, e.remote, e.business_key from (
      select fault, encode(max(uuid_send(id)), 'hex')::uuid as id from exceptions
      where workspace_id = ${workspace} and fault is not null group by fault
    ) c join exceptions e on e.workspace_id = ${workspace} and e.id = c.id
  `.execute(tx)
  return rows
}

/**
 * Looks at the newest `most` exceptions that fit: those with the text in their words, newest first, and how far that went.
 * @param sought in lower case
 */
export async function exceptionsWithWords(
  tx: Tx,
  workspace: string,
  asked: { readonly filter: ExceptionFilter; readonly sought: string; readonly most: number },
): Promise<Stretch<ExceptionWords>> {
  const { rows } = await sql<StretchRow & { message: string | null; remote: string | null }>`
    with looked as materialized (
      select e.id, e.message, e.remote, e.created_at from exceptions e
      where e.workspace_id = ${workspace} and ${sql.join([sql`true`, ...exceptionConditions(asked.filter)], sql` and `)}
      order by e.id desc limit ${asked.most}
    )
    select f.id, f.message, f.remote, s.* from ${STRETCH} s
      left join looked f on strpos(lower(f.message), ${asked.sought}) > 0 or strpos(lower(f.remote), ${asked.sought}) > 0
    order by f.id desc
  `.execute(tx)
  return stretchOf<ExceptionWords>(rows)
}
