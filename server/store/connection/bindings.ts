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
  await tx
    .insertInto('flow_bindings')
    .values({ workspace_id: workspace, flow_id: flow, slot, connection_id: connection })
    .onConflict((conflict) =>
      conflict.columns(['workspace_id', 'flow_id', 'slot']).doUpdateSet({ connection_id: connection }),
    )
    .execute()
}

export async function unbindSlot(tx: Tx, workspace: string, flow: string, slot: string): Promise<void> {
  await tx
    .deleteFrom('flow_bindings')
    .where('workspace_id', '=', workspace)
    .where('flow_id', '=', flow)
    .where('slot', '=', slot)
    .execute()
}
