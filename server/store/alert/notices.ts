import { sql, type Transaction } from 'kysely'
import type { RunClaim } from '../../run/journal/journal.ts'
import type { KeptNotice } from '../../run/journal/node-memory.ts'
import { newId } from '../database/ids.ts'
import type { Database, Desk } from '../database/schema.ts'
import { blindIndex, type Keyring } from '../key/secrets.ts'

type Tx = Transaction<Database>

export type NoticeRow = {
  readonly id: string
  readonly flow_id: string
  readonly flow_name: string
  readonly node_id: string
  readonly node_name: string
  readonly severity: KeptNotice['severity']
  readonly desk: Desk
  readonly message: string
  readonly run_id: string | null
  readonly occurrences: number
  readonly created_at: Date
  readonly last_at: Date
  readonly closed_at: Date | null
  readonly closed_by: string | null
}

/** Opens notices, or counts up those that are open for the same key, with the newest words. */
export async function writeNotices(
  tx: Tx,
  keys: Keyring,
  claim: RunClaim,
  notices: readonly (KeptNotice & { readonly count: number })[],
): Promise<void> {
  if (notices.length === 0) return
  const { workspace, flow, run } = claim
  await sql`
    insert into notices (workspace_id, id, flow_id, node_id, node_name, key, severity, desk, message, run_id, occurrences)
    select ${workspace}::uuid, id, ${flow}::uuid, node, name, key, severity, desk, message, ${run}::uuid, occurrences
    from unnest(${notices.map(() => newId())}::uuid[], ${notices.map(({ node }) => node)}::text[],
      ${notices.map(({ nodeName }) => nodeName)}::text[],
      ${notices.map(({ node, key }) => blindIndex(keys, workspace, `${flow}\0${node}\0${key}`))}::bytea[],
      ${notices.map(({ severity }) => severity)}::text[], ${notices.map(({ desk }) => desk)}::text[],
      ${notices.map(({ message }) => message)}::text[], ${notices.map(({ count }) => count)}::int[])
      as n (id, node, name, key, severity, desk, message, occurrences)
    on conflict (workspace_id, flow_id, node_id, key) where closed_at is null do update set
      severity = excluded.severity, desk = excluded.desk, message = excluded.message, run_id = excluded.run_id,
      node_name = excluded.node_name, occurrences = notices.occurrences + excluded.occurrences, last_at = now()
  `.execute(tx)
}

/** One of the flow itself, not of a step in a run. */
export async function tellOfFlow(
  tx: Tx,
  keys: Keyring,
  notice: { readonly workspace: string; readonly flow: string } & Pick<KeptNotice, 'severity' | 'message'>,
): Promise<void> {
  const { workspace, flow, severity, message } = notice
  const id = newId()
  await sql`
    insert into notices (workspace_id, id, flow_id, node_id, node_name, key, severity, desk, message, occurrences)
    values (${workspace}, ${id}, ${flow}, '', '', ${blindIndex(keys, workspace, id)}, ${severity}, 'technical', ${message}, 1)
  `.execute(tx)
}

/** Newest first, after `cursor`. */
export async function listNotices(
  tx: Tx,
  workspace: string,
  filter: {
    readonly state?: 'open' | 'closed' | undefined
    readonly desk?: Desk | undefined
    readonly flow?: string | undefined
    readonly notice?: string | undefined
    readonly cursor?: string | undefined
    readonly limit: number
  },
): Promise<readonly NoticeRow[]> {
  const { state, desk, flow, notice, cursor, limit } = filter
  const { rows } = await sql<NoticeRow>`
    select n.id, n.flow_id, f.name as flow_name, n.node_id, n.node_name, n.severity, n.desk, n.message, n.run_id,
      n.occurrences, n.created_at, n.last_at, n.closed_at, u.name as closed_by
    from notices n
    join flows f on f.workspace_id = n.workspace_id and f.id = n.flow_id
    left join users u on u.id = n.closed_by
    where n.workspace_id = ${workspace}
      and (${state ?? null}::text is null or (n.closed_at is null) = (${state ?? null}::text = 'open'))
      and (${desk ?? null}::text is null or n.desk = ${desk ?? null})
      and (${flow ?? null}::uuid is null or n.flow_id = ${flow ?? null}::uuid)
      and (${notice ?? null}::uuid is null or n.id = ${notice ?? null}::uuid)
      and (${cursor ?? null}::uuid is null or n.id < ${cursor ?? null}::uuid)
    order by n.id desc limit ${limit}
  `.execute(tx)
  return rows
}

/** One that is closed already stays as it is. */
export async function closeNotice(tx: Tx, workspace: string, notice: string, by: string): Promise<void> {
  await sql`
    update notices set closed_at = now(), closed_by = ${by}
    where workspace_id = ${workspace} and id = ${notice} and closed_at is null
  `.execute(tx)
}
