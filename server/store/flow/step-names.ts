import { sql, type Transaction } from 'kysely'
import type { Database } from '../database/schema.ts'

/** `operation` as `xero.list-invoices`, or a node of ours such as `map`. */
export type Step = { readonly id: string; readonly name: string; readonly operation: string | null }

type Place = { readonly flow_id: string; readonly version: number; readonly node_id: string | null }

/**
 * Steps as the versions that ran call them, in the order asked for; undefined where there is no node. A step of a called
 * flow has the name and the operation of the step that calls it; one that is in no version its id.
 */
export async function nameSteps(
  tx: Transaction<Database>,
  workspace: string,
  places: readonly Place[],
): Promise<readonly (Step | undefined)[]> {
  if (places.every(({ node_id: node }) => node === null)) return places.map(() => undefined)
  const { rows } = await sql<{ at: string | number; name: string; operation: string }>`
    select a.at, n.name, n.operation
    from unnest(${places.map(({ flow_id: flow }) => flow)}::uuid[], ${places.map(({ version }) => version)}::int[],
      ${places.map(({ node_id: node }) => node)}::text[]) with ordinality as a (flow_id, version, node_id, at)
    join flow_versions v on v.workspace_id = ${workspace} and v.flow_id = a.flow_id and v.number = a.version
    cross join lateral (
      select n ->> 'name' as name, n ->> 'operation' as operation from jsonb_array_elements(v.document -> 'nodes') n
      where n ->> 'id' = a.node_id or n ->> 'operation' = 'sub-flow' and starts_with(a.node_id, n ->> 'id' || '--')
      order by length(n ->> 'id') desc limit 1
    ) n
    where a.node_id is not null
  `.execute(tx)
  const known = new Map(rows.map((row) => [Number(row.at), row]))
  return places.map(({ node_id: id }, place) => {
    if (id === null) return undefined
    const found = known.get(place + 1)
    return { id, name: found?.name ?? id, operation: found?.operation ?? null }
  })
}
