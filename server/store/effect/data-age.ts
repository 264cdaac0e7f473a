import { type RawBuilder, sql, type Transaction } from 'kysely'
import type { RunClaim } from '../../run/journal/journal.ts'
import type { Database } from '../database/schema.ts'

// A run that brings what an earlier one had read must not undo what was sent of something newer since.

/** SQL: run `id`, and those whose data it brings: one that begins at a step of another has that one's, and so on. */
const lineage = (workspace: RawBuilder<unknown>, id: RawBuilder<unknown>) => sql`
  with recursive line as (
    select workspace_id, id, start, started_at, ended_at from runs where workspace_id = ${workspace} and id = ${id}
    union all
    select r.workspace_id, r.id, r.start, r.started_at, r.ended_at from line
    join runs r on r.workspace_id = line.workspace_id and r.id = (line.start ->> 'run')::uuid
    where line.start ->> 'kind' = 'step' or (line.start ->> 'kind' = 'again' and r.start ->> 'kind' = 'inbox')
  )
  select id, started_at, ended_at from line`

/**
 * When what a run brings had been read, at the latest: by the end of the run whose step it begins at, or when the last of
 * the records that it tries again failed or was edited. Undefined for a run that reads.
 */
export async function whenRead(
  tx: Transaction<Database>,
  { workspace, run, start }: RunClaim,
): Promise<Date | undefined> {
  if (start.kind === 'exceptions') {
    const { rows } = await sql<{ at: Date | null }>`
      select max(greatest(x.record_at, e.edited_at)) as at from exceptions x
      left join exception_edits e on e.workspace_id = x.workspace_id and e.exception_id = x.id and e.id = x.edit_id
      where x.workspace_id = ${workspace} and x.retry_run = ${run} and x.state = 'retrying'
    `.execute(tx)
    return rows[0]?.at ?? undefined
  }
  if (start.kind !== 'step' && start.kind !== 'again') return undefined
  const { rows } = await sql<{ at: Date | null }>`
    select min(ended_at) as at from (${lineage(sql`${workspace}`, sql`${run}`)}) as l where id <> ${run}
  `.execute(tx)
  return rows[0]?.at ?? undefined
}

/**
 * SQL: call `c` was made by another run of the flow that read its data after `dataFrom`. What was tried again or waited may
 * be older; another flow may write other fields of the same record, and makes nothing of this one's old.
 */
export const sentLater = ({ run, flow }: RunClaim, dataFrom: Date) => sql<boolean>`exists (
  select from runs q
  where q.workspace_id = c.workspace_id and q.id = c.run_id and q.id <> ${run} and q.flow_id = ${flow}
    and q.start ->> 'kind' not in ('exceptions', 'waited')
    and (select min(started_at) from (${lineage(sql.ref('q.workspace_id'), sql.ref('q.id'))}) as l) > ${dataFrom}
)`
