import { sql, type Transaction } from 'kysely'
import type { RunClaim } from '../../run/journal/journal.ts'
import type { OpenKey } from './exception-writes.ts'
import type { Database } from '../database/schema.ts'

/**
 * A thing that failed in an earlier run and failed otherwise now, as it was just read: what was open of it closes, and the
 * newer exception stands for it, in the hands it was in. Only what is known by its content: an outcome in doubt stays until
 * it is settled, and what is known by its key is met again instead.
 */
export async function supersede(
  tx: Transaction<Database>,
  { workspace, flow, run }: RunClaim,
  now: readonly OpenKey[],
): Promise<void> {
  if (now.length === 0) return
  const { rows } = await sql<{ newer: string; assigned_to: string | null }>`
    update exceptions x set state = 'resolved', resolved_at = now(), resolved_by = null,
      resolution = 'It failed otherwise in run ' || ${run} || ': exception ' || n.exception || ' stands for it.'
    from unnest(${now.map(({ node }) => node)}::text[], ${now.map(({ key }) => key)}::text[],
      ${now.map(({ exception }) => exception)}::uuid[]) as n (node, key, exception)
    where x.workspace_id = ${workspace} and x.flow_id = ${flow} and x.node_id = n.node and x.match_key = n.key
      and x.id <> n.exception and x.state = 'open' and x.run_id <> ${run} and x.identity like 'content %'
    returning n.exception as newer, x.assigned_to
  `.execute(tx)
  const owned = rows.filter(({ assigned_to }) => assigned_to !== null)
  if (owned.length === 0) return
  await sql`
    update exceptions x set assigned_to = o.person
    from unnest(${owned.map(({ newer }) => newer)}::uuid[], ${owned.map((one) => one.assigned_to)}::uuid[]) as o (id, person)
    where x.workspace_id = ${workspace} and x.id = o.id and x.assigned_to is null
  `.execute(tx)
}
