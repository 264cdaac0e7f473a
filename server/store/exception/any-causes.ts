import { sql, type Transaction } from 'kysely'
import type { Database } from '../database/schema.ts'
import { DAYS } from './failed-causes.ts'

/**
 * Whether there is anything that failedCauses or groupExceptions could tell of. Of sixty clients most have nothing open,
 * and planning those two statements costs the database more than ten times what this does.
 */
export async function anyCauses(
  tx: Transaction<Database>,
  workspace: string,
): Promise<{ readonly failed: boolean; readonly open: boolean }> {
  const { rows } = await sql<{ failed: boolean; open: boolean }>`
    select exists (
      select from runs where workspace_id = ${workspace} and fault is not null and not dry
        and id >= tieline_first_id(now() - make_interval(days => ${DAYS}))
    ) as failed, exists (
      select from exceptions where workspace_id = ${workspace} and state = 'open'
    ) as open
  `.execute(tx)
  return rows[0]!
}
