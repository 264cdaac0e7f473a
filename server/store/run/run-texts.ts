import { sql, type Transaction } from 'kysely'
import type { Database } from '../database/schema.ts'
import { conditionsOf, type RunFilter } from './run-filter.ts'

type Tx = Transaction<Database>

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

/** Runs that fit, failed for one of these causes and have the text in their words, newest first. @param sought in lower case */
export async function runsWithWords(
  tx: Tx,
  workspace: string,
  asked: {
    readonly filter: RunFilter
    readonly sought: string
    readonly cursor: string | undefined
    readonly most: number
  },
): Promise<readonly { readonly id: string; readonly reason: string | null }[]> {
  const { rows } = await sql<{ id: string; reason: string | null }>`
    select r.id, r.reason from runs r
    where r.workspace_id = ${workspace} and ${sql.join([sql`true`, ...conditionsOf(asked.filter)], sql` and `)}
      ${asked.cursor === undefined ? sql`` : sql`and r.id < ${asked.cursor}`}
      and strpos(lower(r.reason), ${asked.sought}) > 0
    order by r.id desc limit ${asked.most}
  `.execute(tx)
  return rows
}
