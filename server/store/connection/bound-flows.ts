import { sql, type Transaction } from 'kysely'
import type { Database } from '../database/schema.ts'

type Tx = Transaction<Database>

/** A flow with slots that are bound to a connection, as it runs and as it is being drawn. */
export type BoundFlow = {
  readonly id: string
  readonly name: string
  readonly slots: readonly string[]
  /** The document of the live version; null where none was published. */
  readonly live: unknown
  readonly draft: unknown
  /** What was answered last to its form; null where nobody has. */
  readonly answers: unknown
}

/** Flows bound to a connection, by name. Those that were archived are left out. */
export async function listBoundFlows(tx: Tx, workspace: string, connection: string): Promise<readonly BoundFlow[]> {
  const { rows } = await sql<BoundFlow>`
    select f.id, f.name, f.draft, v.document as live, b.slots, a.answers
    from (
      select flow_id, array_agg(slot order by slot) as slots from flow_bindings
      where workspace_id = ${workspace} and connection_id = ${connection} group by flow_id
    ) b
    join flows f on f.workspace_id = ${workspace} and f.id = b.flow_id
    left join flow_versions v on v.workspace_id = f.workspace_id and v.flow_id = f.id and v.number = f.live_version
    left join lateral (
      select answers from flow_answers a where a.workspace_id = f.workspace_id and a.flow_id = f.id
      order by a.revision desc limit 1
    ) a on true
    where f.archived_at is null
    order by f.name, f.id
  `.execute(tx)
  return rows
}
