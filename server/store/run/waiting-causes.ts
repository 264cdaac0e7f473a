import { sql, type Transaction } from 'kysely'
import type { Database, RunState } from '../database/schema.ts'
import { whyWaiting } from './why-waiting.ts'

/** Runs that are asked for why they wait, the oldest. */
const MOST = 500
/** Whoever waits for less has only come in, in seconds. */
const GRACE_S = 60

export type WaitingRun = {
  readonly id: string
  readonly state: RunState
  readonly code: string | null
  readonly flow_id: string
  readonly flow_name: string
  readonly created_at: Date
  /** Its time has come, or it has none. */
  readonly due: boolean
  readonly why: string
}

/** The oldest runs that have waited for a minute or more, each with the reason as it is now; and whether there are more. */
export async function waitingRuns(
  tx: Transaction<Database>,
  workspace: string,
): Promise<{ readonly runs: readonly WaitingRun[]; readonly more: boolean }> {
  const { rows } = await sql<Omit<WaitingRun, 'why'>>`
    select r.id, r.state, r.code, r.flow_id, f.name as flow_name, r.created_at,
      r.state <> 'waiting' or coalesce(r.wake_at <= now(), true) as due
    from runs r join flows f on f.workspace_id = r.workspace_id and f.id = r.flow_id
    where r.workspace_id = ${workspace} and r.state in ('queued', 'waiting', 'paused') and not r.dry
      and r.created_at < now() - make_interval(secs => ${GRACE_S})
    order by r.id limit ${MOST + 1}
  `.execute(tx)
  const shown = rows.slice(0, MOST)
  const why = await whyWaiting(
    tx,
    workspace,
    shown.map(({ id }) => id),
  )
  return { runs: shown.map((row) => ({ ...row, why: why.get(row.id) ?? '' })), more: rows.length > MOST }
}
