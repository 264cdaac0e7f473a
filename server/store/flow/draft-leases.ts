import { sql, type Transaction } from 'kysely'
import type { Database } from '../database/schema.ts'

type Tx = Transaction<Database>

/** Without a sign of life for so long, whoever had the pen is gone. Signs come every 15 seconds. */
const GONE = '45 seconds'
/** Whoever does nothing for so long gives the pen away when asked. */
const IDLE = '2 minutes'
/** Whoever is asked and says nothing for so long does too. */
const PATIENCE = '30 seconds'

export type LeaseRow = {
  readonly tab: string
  readonly user_id: string
  readonly name: string
  readonly taken_at: Date
  readonly idle: number
  readonly asked_by: string | null
  readonly asked_tab: string | null
}

type Asking = {
  readonly workspace: string
  readonly flow: string
  readonly tab: string
  readonly person: { readonly id: string; readonly name: string }
  readonly active: boolean
  readonly wish: 'take' | 'give' | 'leave' | undefined
}

/** One sign of life of one tab; answers who has the pen afterwards. Two at the same moment wait for each other. */
export async function signOfLife(tx: Tx, asking: Asking): Promise<LeaseRow | undefined> {
  const { workspace, flow, tab, person, wish } = asking
  const own = sql`workspace_id = ${workspace} and flow_id = ${flow}`
  await sql`
    update draft_leases set seen_at = now(),
      active_at = case when ${asking.active}::boolean then now() else active_at end
    where ${own} and tab = ${tab} and user_id = ${person.id}
  `.execute(tx)
  if (wish === 'leave') {
    await sql`delete from draft_leases where ${own} and tab = ${tab} and user_id = ${person.id}`.execute(tx)
  }
  if (wish === 'give') {
    // Free for whoever asked: nobody else is taken for the holder until then.
    await sql`
      update draft_leases set seen_at = '-infinity' where ${own} and tab = ${tab} and user_id = ${person.id}
    `.execute(tx)
  }
  if (wish === 'take') {
    await sql`
      insert into draft_leases (workspace_id, flow_id, tab, user_id, name)
      values (${workspace}, ${flow}, ${tab}, ${person.id}, ${person.name})
      on conflict (workspace_id, flow_id) do update set
        tab = excluded.tab, user_id = excluded.user_id, name = excluded.name, taken_at = now(), seen_at = now(),
        active_at = now(), asked_by = null, asked_tab = null, asked_at = null
      where draft_leases.tab <> excluded.tab and (
        draft_leases.user_id = excluded.user_id
        or draft_leases.seen_at < now() - ${GONE}::interval
        or draft_leases.active_at < now() - ${IDLE}::interval
        or (draft_leases.asked_tab = excluded.tab and draft_leases.asked_at < now() - ${PATIENCE}::interval))
    `.execute(tx)
    await sql`
      update draft_leases set asked_by = ${person.name}, asked_tab = ${tab}, asked_at = now()
      where ${own} and tab <> ${tab} and (asked_tab is null or asked_at < now() - ${GONE}::interval)
    `.execute(tx)
  }
  const { rows } = await sql<LeaseRow>`
    select tab, user_id, name, taken_at, extract(epoch from now() - active_at)::int as idle, asked_by, asked_tab
    from draft_leases where ${own} and seen_at >= now() - ${GONE}::interval
  `.execute(tx)
  return rows[0]
}
