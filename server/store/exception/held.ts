import { sql, type Transaction } from 'kysely'
import { retryExceptions } from './retries.ts'
import type { Database } from '../database/schema.ts'

/**
 * Tries again what waits behind exceptions that are closed now, in a flow that keeps order. Only where no exception of
 * the key is left before it.
 */
export async function releaseHeld(
  tx: Transaction<Database>,
  workspace: string,
  flow: string,
  closed: readonly { readonly node_id: string; readonly match_key: string | null }[],
): Promise<void> {
  const places = closed.flatMap(({ node_id, match_key }) => (match_key === null ? [] : [{ node_id, match_key }]))
  if (places.length === 0) return
  const { rows } = await sql<{ id: string }>`
    select x.id from exceptions x
    where x.workspace_id = ${workspace} and x.flow_id = ${flow} and x.state = 'open' and x.code = 'HELD_BEHIND'
      and (x.node_id, x.match_key) in (
        select * from unnest(${places.map((one) => one.node_id)}::text[], ${places.map((one) => one.match_key)}::text[])
      )
      and not exists (
        select 1 from exceptions first
        where first.workspace_id = x.workspace_id and first.flow_id = x.flow_id and first.node_id = x.node_id
          and first.match_key = x.match_key and first.state in ('open', 'retrying') and first.id < x.id
          and first.code <> 'HELD_BEHIND'
      )
  `.execute(tx)
  if (rows.length > 0) {
    await retryExceptions(tx, { workspace, select: { ids: rows.map(({ id }) => id) }, version: 'live', cleared: true })
  }
}
