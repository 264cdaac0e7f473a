import { type Kysely, sql } from 'kysely'
import type { Database, RunState } from '../database/schema.ts'

export type RunMark = {
  readonly id: string
  readonly state: RunState
  /** Changes with all of a run that people see; the renewal of its lease is not among it. */
  readonly mark: string
}

/** How runs of any workspace stand, each by its key. With the system login: whoever asks has shown that they may. */
export async function markRuns(
  db: Kysely<Database>,
  runs: readonly { readonly workspace: string; readonly run: string }[],
): Promise<ReadonlyMap<string, RunMark>> {
  const { rows } = await sql<RunMark>`
    select r.id, r.state, concat_ws('.', r.epoch, r.batches, r.attempts, r.state, r.code, r.cancel_requested::int,
      r.pause_requested::int, extract(epoch from r.wake_at)::bigint) as mark
    from unnest(${runs.map(({ workspace }) => workspace)}::uuid[], ${runs.map(({ run }) => run)}::uuid[])
      as asked (workspace_id, id)
    join runs r on r.workspace_id = asked.workspace_id and r.id = asked.id
  `.execute(db)
  return new Map(rows.map((row) => [row.id, row]))
}
