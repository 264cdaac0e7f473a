import { type Kysely, sql, type Transaction } from 'kysely'
import type { Database } from '../database/schema.ts'

type Tx = Transaction<Database>

type Backlog = 'missed-too' | 'from-now'

/** In the place of one that was there, whatever became of it. */
export async function setTurnOn(
  tx: Tx,
  one: { workspace: string; flow: string; at: Date; backlog: Backlog; by: string },
): Promise<void> {
  await sql`
    insert into turn_ons (workspace_id, flow_id, at, backlog, set_by)
    values (${one.workspace}, ${one.flow}, ${one.at}, ${one.backlog}, ${one.by})
    on conflict (workspace_id, flow_id) do update set at = excluded.at, backlog = excluded.backlog,
      set_by = excluded.set_by, set_at = now(), settled_at = null, refused = null
  `.execute(tx)
}

/** Answers whether there was one. */
export async function dropTurnOn(tx: Tx, workspace: string, flow: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('turn_ons')
    .where('workspace_id', '=', workspace)
    .where('flow_id', '=', flow)
    .executeTakeFirst()
  return numDeletedRows > 0n
}

/** It is over: the flow is on, or stays off because of `refused`. */
export async function settleTurnOn(tx: Tx, workspace: string, flow: string, refused: string | null): Promise<void> {
  await sql`
    update turn_ons set settled_at = now(), refused = ${refused} where workspace_id = ${workspace} and flow_id = ${flow}
  `.execute(tx)
}

export type DueTurnOn = { readonly workspace: string; readonly flow: string; readonly backlog: Backlog }

/** Those whose time has come, oldest first, of workspaces that are not being closed. With the system login. */
export async function dueTurnOns(system: Kysely<Database>): Promise<readonly DueTurnOn[]> {
  const { rows } = await sql<DueTurnOn>`
    select t.workspace_id as workspace, t.flow_id as flow, t.backlog
    from turn_ons t join workspaces w on w.id = t.workspace_id and w.closing_at is null
    where t.settled_at is null and t.at <= now() order by t.at limit 1000
  `.execute(system)
  return rows
}

export type LockedTurnOn = {
  readonly at: Date
  readonly set_by: string
  /** Since how many minutes it is due, by the database's clock. */
  readonly late: number
}

/** Undefined where it is not due any more: somebody was faster. Lock the flow first. */
export async function lockDue(tx: Tx, workspace: string, flow: string): Promise<LockedTurnOn | undefined> {
  const { rows } = await sql<LockedTurnOn>`
    select at, set_by, extract(epoch from now() - at)::float8 / 60 as late from turn_ons
    where workspace_id = ${workspace} and flow_id = ${flow} and settled_at is null and at <= now() for update
  `.execute(tx)
  return rows[0]
}
