import { sql, type Transaction } from 'kysely'
import type { Database } from '../database/schema.ts'

type Tx = Transaction<Database>

export type Dependents = {
  readonly versions: number
  /** Runs that were no dry runs. */
  readonly runs: number
  readonly open_exceptions: number
  readonly waiting: number
  readonly hooks: number
  readonly called_by: readonly { readonly id: string; readonly name: string }[]
}

/** What hangs on a flow, as it stands now. */
export async function findDependents(tx: Tx, workspace: string, flow: string): Promise<Dependents> {
  const own = sql`workspace_id = ${workspace} and flow_id = ${flow}`
  const { rows } = await sql<Omit<Dependents, 'called_by'>>`
    select
      (select count(*)::int from flow_versions where ${own} and number > 0) as versions,
      (select count(*)::int from runs where ${own} and not dry) as runs,
      (select count(*)::int from exceptions where ${own} and state in ('open', 'retrying')) as open_exceptions,
      (select count(*)::int from waiting_records where ${own}) as waiting,
      (select count(*)::int from hooks where ${own}) as hooks
  `.execute(tx)
  const callers = await sql<{ id: string; name: string }>`
    select f.id, f.name from flows f
    left join flow_versions v on v.workspace_id = f.workspace_id and v.flow_id = f.id and v.number = f.live_version
    where f.workspace_id = ${workspace} and f.id <> ${flow} and (${calls('f.draft', flow)} or ${calls('v.document', flow)})
    order by lower(f.name), f.id
  `.execute(tx)
  return { ...rows[0]!, called_by: callers.rows }
}

const calls = (document: string, flow: string) => sql`exists (
  select 1 from jsonb_array_elements(${sql.ref(document)} -> 'nodes') n
  where n ->> 'operation' = 'sub-flow' and n -> 'settings' ->> 'flow' = ${flow}
)`

/** Deletes a flow with all that belongs to it alone. */
export async function deleteFlow(tx: Tx, workspace: string, flow: string): Promise<void> {
  await tx.deleteFrom('flows').where('workspace_id', '=', workspace).where('id', '=', flow).execute()
}
