import { sql, type Transaction } from 'kysely'
import type { Database } from '../database/schema.ts'

type Tx = Transaction<Database>

/** Sets the clock of one trigger. One whose settings are as before keeps its due time. */
export async function putSchedule(
  tx: Tx,
  schedule: { workspace: string; flow: string; node: string; settings: string; nextDue: Date },
): Promise<void> {
  await sql`
    insert into schedules (workspace_id, flow_id, node_id, settings, next_due)
    values (${schedule.workspace}, ${schedule.flow}, ${schedule.node}, ${schedule.settings}::jsonb, ${schedule.nextDue})
    on conflict (workspace_id, flow_id, node_id) do update set
      next_due = case when schedules.settings = excluded.settings then schedules.next_due else excluded.next_due end,
      note = case when schedules.settings = excluded.settings then schedules.note end,
      settings = excluded.settings
  `.execute(tx)
}

/** Removes the clocks of all triggers but `kept`. */
export async function deleteSchedules(tx: Tx, workspace: string, flow: string, kept: readonly string[]): Promise<void> {
  await sql`
    delete from schedules where workspace_id = ${workspace} and flow_id = ${flow} and node_id <> all(${kept as string[]}::text[])
  `.execute(tx)
}

export type ScheduleRow = { readonly node: string; readonly nextDue: Date; readonly note: string | null }

/** The clocks of a flow that is on, and what the database's clock says. */
export async function listSchedules(
  tx: Tx,
  workspace: string,
  flow: string,
): Promise<{ readonly now: Date; readonly schedules: readonly ScheduleRow[] }> {
  const { rows } = await sql<{ now: Date; node: string | null; next_due: Date | null; note: string | null }>`
    select now() as now, s.node_id as node, s.next_due, s.note
    from (select 1) one left join schedules s on s.workspace_id = ${workspace} and s.flow_id = ${flow}
  `.execute(tx)
  return {
    now: rows[0]?.now ?? new Date(),
    schedules: rows.flatMap(({ node, next_due: nextDue, note }) => (node && nextDue ? [{ node, nextDue, note }] : [])),
  }
}
