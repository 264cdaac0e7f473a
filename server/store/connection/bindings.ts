import { sql, type Transaction } from 'kysely'
import type { ConnectionStanding, Database } from '../database/schema.ts'

type Tx = Transaction<Database>

export type BindingRow = {
  readonly slot: string
  readonly connection: string
  readonly name: string
  readonly connector: string
  readonly state: ConnectionStanding
}

const standing = sql<ConnectionStanding>`case when c.off_since is null then c.state else 'off' end`.as('state')

export async function listBindings(tx: Tx, workspace: string, flow: string): Promise<BindingRow[]> {
  return tx
    .selectFrom('flow_bindings as b')
    .innerJoin('connections as c', (join) =>
      join.onRef('c.workspace_id', '=', 'b.workspace_id').onRef('c.id', '=', 'b.connection_id'),
    )
    .select(['b.slot', 'b.connection_id as connection', 'c.name', 'c.connector', standing])
    .where('b.workspace_id', '=', workspace)
    .where('b.flow_id', '=', flow)
    .orderBy('b.slot')
    .execute()
}

export async function bindSlot(
  tx: Tx,
  workspace: string,
  flow: string,
  slot: string,
  connection: string,
): Promise<void> {
  await keepForRuns(tx, workspace, flow, slot)
  await tx
    .insertInto('flow_bindings')
    .values({ workspace_id: workspace, flow_id: flow, slot, connection_id: connection })
    .onConflict((conflict) =>
      conflict.columns(['workspace_id', 'flow_id', 'slot']).doUpdateSet({ connection_id: connection }),
    )
    .execute()
}

export async function unbindSlot(tx: Tx, workspace: string, flow: string, slot: string): Promise<void> {
  await keepForRuns(tx, workspace, flow, slot)
  await tx
    .deleteFrom('flow_bindings')
    .where('workspace_id', '=', workspace)
    .where('flow_id', '=', flow)
    .where('slot', '=', slot)
    .execute()
}

/**
 * Runs that have begun go on with the connections they began with: where they have come to, and what they sent without
 * hearing of it, belongs to these. Their rows are locked, so that none begins in between.
 */
async function keepForRuns(tx: Tx, workspace: string, flow: string, slot: string): Promise<void> {
  await sql`
    with begun as (
      select id, epoch from runs
      where workspace_id = ${workspace} and flow_id = ${flow} and state in ('queued', 'running', 'waiting', 'paused')
      for update
    )
    insert into run_bindings (workspace_id, run_id, slot, connection_id)
    select b.workspace_id, begun.id, b.slot, b.connection_id
    from begun join flow_bindings b on b.workspace_id = ${workspace} and b.flow_id = ${flow} and b.slot = ${slot}
    where begun.epoch > 0
    on conflict do nothing
  `.execute(tx)
}
