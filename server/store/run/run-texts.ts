import { sql, type Transaction } from 'kysely'
import type { Database } from '../database/schema.ts'
import { STRETCH, type Stretch, type StretchRow, stretchOf } from '../database/stretch.ts'
import { conditionsOf, type RunFilter } from './run-filter.ts'

type Tx = Transaction<Database>

export type RunWords = { readonly id: string; readonly reason: string | null }

/**
 * Each cause for which runs of the workspace failed, with the words of one of them: the others have the same but for
 * numbers, ids and addresses (tieline_fault). Read in an index, whatever the number of runs.
 */
export async function failedWords(
  tx: Tx,
  workspace: string,
): Promise<readonly { readonly fault: string; readonly reason: string | null }[]> {
  const { rows } = await sql<{ fault: string; reason: string | null }>`
    select c.fault, r.reason from (
      select distinct on (fault) fault, id from runs
      where workspace_id = ${workspace} and fault is not null order by fault, id desc
    ) c join runs r on r.workspace_id = ${workspace} and r.id = c.id
  `.execute(tx)
  return rows
}

/**
 * Looks at the newest `most` runs that fit and failed for one of these causes: those with the text in their words, newest
 * first, and how far that went. @param sought in lower case
 */
export async function runsWithWords(
  tx: Tx,
  workspace: string,
  asked: {
    readonly filter: RunFilter
    readonly sought: string
    readonly cursor: string | undefined
    readonly most: number
  },
): Promise<Stretch<RunWords>> {
  const { rows } = await sql<StretchRow & { reason: string | null }>`
    with looked as materialized (
      select r.id, r.reason, r.created_at from runs r
      where r.workspace_id = ${workspace} and ${sql.join([sql`true`, ...conditionsOf(asked.filter)], sql` and `)}
        ${asked.cursor === undefined ? sql`` : sql`and r.id < ${asked.cursor}`}
      order by r.id desc limit ${asked.most}
    )
    select f.id, f.reason, s.* from ${STRETCH} s left join looked f on strpos(lower(f.reason), ${asked.sought}) > 0
    order by f.id desc
  `.execute(tx)
  return stretchOf<RunWords>(rows)
}
