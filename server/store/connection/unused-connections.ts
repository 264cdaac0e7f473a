import { type RawBuilder, sql, type Transaction } from 'kysely'
import { UNUSED_DAYS, UNUSED_NOTICE_DAYS } from '../../flow/unused-days.ts'
import type { Database } from '../database/schema.ts'

type Tx = Transaction<Database>
type Named = { readonly id: string; readonly name: string }

// All days are those of UTC. `c` is a row of connections.

const TODAY = sql`(now() at time zone 'UTC')::date`
/** The day from which on nothing has used it: one that never was counts from when it was made, or was said to be needed. */
const IDLE_FROM = sql`greatest(coalesce(c.used_on, (c.created_at at time zone 'UTC')::date), (c.kept_at at time zone 'UTC')::date)`
const ANNOUNCED_ON = sql`(c.off_announced_at at time zone 'UTC')::date`
/** The next use takes it back (connection-use.ts). */
const ANNOUNCED = sql`c.off_announced_at is not null`
const OFF_ON = sql`greatest(${IDLE_FROM} + ${UNUSED_DAYS}::int, ${ANNOUNCED_ON} + ${UNUSED_NOTICE_DAYS}::int)`

/**
 * Something may call over it at any time: a flow that is on, however seldom its events come, or a rule for alerts that tells
 * somebody. Turned off, that would break when it is needed, and nobody would have noticed.
 */
const NEEDED = sql`(exists (
    select from flow_bindings b join flows f on f.workspace_id = b.workspace_id and f.id = b.flow_id
    where b.workspace_id = c.workspace_id and b.connection_id = c.id and f.enabled and f.archived_at is null
  ) or exists (
    select from alert_rules r where r.workspace_id = c.workspace_id and r.enabled
      and (r.recipients @> jsonb_build_array(jsonb_build_object('connection', c.id))
        or r.escalate_to @> jsonb_build_array(jsonb_build_object('connection', c.id)))
  ))`

/** SQL: the day on which it will be turned off, where that was announced and nothing has come between; else null. */
export const turnsOffOn: RawBuilder<string | null> = sql<string | null>`case
  when c.off_since is null and ${ANNOUNCED} and not ${NEEDED} then (${OFF_ON})::text end`

/** Says of those that nothing has used for long that they will be turned off. Answers which. */
export async function announceUnused(tx: Tx, workspace: string): Promise<readonly Named[]> {
  const { rows } = await sql<Named>`
    update connections c set off_announced_at = now()
    where c.workspace_id = ${workspace} and c.off_since is null and not (${ANNOUNCED})
      and ${IDLE_FROM} <= ${TODAY} - ${UNUSED_DAYS - UNUSED_NOTICE_DAYS}::int and not ${NEEDED}
    returning c.id, c.name
  `.execute(tx)
  return rows
}

/** Turns off those whose day has come. Whoever uses one in this moment is first or last: it is judged under its lock. */
export async function turnOffUnused(
  tx: Tx,
  workspace: string,
): Promise<readonly (Named & { readonly idle: string })[]> {
  const { rows } = await sql<Named & { idle: string }>`
    update connections c set off_since = now(), updated_at = now()
    where c.workspace_id = ${workspace} and c.off_since is null and ${ANNOUNCED} and ${OFF_ON} <= ${TODAY} and not ${NEEDED}
    returning c.id, c.name, (${IDLE_FROM})::text as idle
  `.execute(tx)
  return rows
}

/** Somebody says that it is needed: turned on where it was off, and its days count from now. Answers whether it was off. */
export async function keepConnection(tx: Tx, workspace: string, id: string): Promise<boolean> {
  const { rows } = await sql<{ off: boolean }>`
    update connections c set off_since = null, off_announced_at = null, kept_at = now(), updated_at = now()
    from (
      select id, off_since is not null as off from connections
      where workspace_id = ${workspace} and id = ${id} for update
    ) before
    where c.workspace_id = ${workspace} and c.id = before.id returning before.off
  `.execute(tx)
  return rows[0]?.off === true
}

export type UnusedConnection = Named & {
  /** YYYY-MM-DD, the last day of use or what stands for it. */
  readonly idle: string
  /** When it is turned off, YYYY-MM-DD; null: it is not, because something may call over it. */
  readonly off_on: string | null
  /** Flows that are on and use it. */
  readonly flows: readonly Named[]
}

/** Those that will be turned off, and those that something may call over and nothing has for so long. */
export async function unusedConnections(tx: Tx, workspace: string): Promise<readonly UnusedConnection[]> {
  const { rows } = await sql<UnusedConnection>`
    select * from (
      select c.id, c.name, (${IDLE_FROM})::text as idle, ${turnsOffOn} as off_on, coalesce((
        select jsonb_agg(distinct jsonb_build_object('id', f.id, 'name', f.name))
        from flow_bindings b join flows f on f.workspace_id = b.workspace_id and f.id = b.flow_id
        where b.workspace_id = c.workspace_id and b.connection_id = c.id and f.enabled and f.archived_at is null
      ), '[]') as flows
      from connections c
      where c.workspace_id = ${workspace} and c.off_since is null
        and ${IDLE_FROM} <= ${TODAY} - ${UNUSED_DAYS - UNUSED_NOTICE_DAYS}::int
    ) idle
    where off_on is not null or flows <> '[]' and idle::date <= ${TODAY} - ${UNUSED_DAYS}::int
    order by name, id
  `.execute(tx)
  return rows
}
