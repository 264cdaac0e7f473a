import { sql, type Transaction } from 'kysely'
import type { AlertRule, Recipient } from './alert-rules.ts'
import { newId } from '../database/ids.ts'
import type { Database } from '../database/schema.ts'

type Tx = Transaction<Database>

/** What a rule has found: one for each cause. */
export type Cause = {
  /** The same as long as it is the same trouble. */
  readonly key: string
  readonly severity: 'warning' | 'critical'
  readonly sentence: string
  readonly detail: string
  readonly flow?: string
  readonly connection?: string
}

export type AlertMessage = {
  readonly alert: string | null
  readonly kind: 'open' | 'resolve' | 'escalation' | 'test'
  readonly recipient: Recipient
  readonly text: string
  readonly dueAt: Date
}

export type OpenAlert = {
  readonly id: string
  readonly cause: string
  readonly sentence: string
  readonly detail: string
  readonly severity: Cause['severity']
  readonly flow: string | null
  readonly openedAt: Date
  readonly acknowledged: boolean
  readonly escalated: boolean
}

/** Open alerts of a rule. Locks them: whoever else looks at this rule waits. */
export async function openAlerts(tx: Tx, workspace: string, rule: string): Promise<readonly OpenAlert[]> {
  await sql`select 1 from alert_rules where workspace_id = ${workspace} and id = ${rule} for update`.execute(tx)
  const { rows } = await sql<OpenAlert>`
    select id, cause, sentence, detail, severity, flow_id as flow, opened_at as "openedAt", acknowledged_at is not null as acknowledged,
      escalated_at is not null as escalated
    from alerts where workspace_id = ${workspace} and rule_id = ${rule} and resolved_at is null
  `.execute(tx)
  return rows
}

/**
 * Opens an alert, or opens one again that was resolved within the last quarter of an hour: trouble that comes and goes is
 * one. `fresh`: it is a new one.
 */
export async function openAlert(
  tx: Tx,
  workspace: string,
  rule: string,
  cause: Cause,
): Promise<{ readonly id: string; readonly fresh: boolean }> {
  const { key, severity, sentence, detail } = cause
  const again = await sql<{ id: string }>`
    update alerts set resolved_at = null, last_at = now(), sentence = ${sentence}, detail = ${detail}
    where workspace_id = ${workspace} and id = (
      select id from alerts where workspace_id = ${workspace} and rule_id = ${rule} and cause = ${key}
        and resolved_at > now() - interval '15 minutes'
      order by resolved_at desc limit 1
    ) returning id
  `.execute(tx)
  const [known] = again.rows
  if (known) {
    // That it was over is not told any more where it has not been.
    await sql`
      update alert_messages set state = 'dropped', settled_at = now()
      where workspace_id = ${workspace} and alert_id = ${known.id} and kind = 'resolve' and state = 'waiting'
    `.execute(tx)
    return { id: known.id, fresh: false }
  }
  // Something else is wrong with the same flow: to be told that it is over would be no help.
  await sql`
    update alert_messages m set state = 'dropped', settled_at = now() from alerts a
    where m.workspace_id = ${workspace} and m.rule_id = ${rule} and m.kind = 'resolve' and m.state = 'waiting'
      and a.workspace_id = m.workspace_id and a.id = m.alert_id and a.flow_id = ${cause.flow ?? null}::uuid
  `.execute(tx)
  const id = newId()
  await sql`
    insert into alerts (workspace_id, id, rule_id, cause, severity, sentence, detail, flow_id, connection_id)
    values (${workspace}, ${id}, ${rule}, ${key}, ${severity}, ${sentence}, ${detail}, ${cause.flow ?? null}, ${cause.connection ?? null})
  `.execute(tx)
  return { id, fresh: true }
}

/** It is still so: with the newest words. What was critical once stays so until it is over. */
export async function keepAlert(
  tx: Tx,
  workspace: string,
  alert: string,
  { sentence, detail, severity }: Cause,
): Promise<void> {
  await sql`
    update alerts set last_at = now(), sentence = ${sentence}, detail = ${detail},
      severity = case when severity = 'critical' then severity else ${severity} end
    where workspace_id = ${workspace} and id = ${alert}
      and (sentence, detail, severity) is distinct from (${sentence}, ${detail}, ${severity})
  `.execute(tx)
}

/** Why nobody looks at a flow any more; undefined: somebody does. */
export async function notWatched(tx: Tx, workspace: string, flow: string): Promise<string | undefined> {
  const { rows } = await sql<{ name: string; enabled: boolean; archived: boolean }>`
    select name, enabled, archived_at is not null as archived from flows where workspace_id = ${workspace} and id = ${flow}
  `.execute(tx)
  const [row] = rows
  if (row === undefined) return 'its flow was deleted'
  if (row.archived) return `“${row.name}” was archived`
  return row.enabled ? undefined : `“${row.name}” was switched off`
}

/** It is over. Answers who was told of it, and so is told of the end; who has not been is told nothing. */
export async function resolveAlert(tx: Tx, workspace: string, alert: string): Promise<readonly Recipient[]> {
  await sql`
    update alerts set resolved_at = now() where workspace_id = ${workspace} and id = ${alert}
  `.execute(tx)
  await sql`
    update alert_messages set state = 'dropped', settled_at = now()
    where workspace_id = ${workspace} and alert_id = ${alert} and state = 'waiting'
  `.execute(tx)
  const { rows } = await sql<{ recipient: Recipient }>`
    select distinct recipient from alert_messages
    where workspace_id = ${workspace} and alert_id = ${alert} and kind in ('open', 'escalation')
      and state in ('sending', 'sent', 'unknown')
  `.execute(tx)
  return rows.map(({ recipient }) => recipient)
}

export async function markEscalated(tx: Tx, workspace: string, alert: string): Promise<void> {
  await sql`update alerts set escalated_at = now() where workspace_id = ${workspace} and id = ${alert}`.execute(tx)
}

export async function writeMessages(
  tx: Tx,
  workspace: string,
  rule: Pick<AlertRule, 'id'>,
  messages: readonly AlertMessage[],
): Promise<void> {
  for (const { alert, kind, recipient, text, dueAt } of messages) {
    await sql`
      insert into alert_messages (workspace_id, id, rule_id, alert_id, kind, recipient, text, due_at)
      values (${workspace}, ${newId()}, ${rule.id}, ${alert}, ${kind}, ${JSON.stringify(recipient)}::jsonb, ${text}, ${dueAt})
    `.execute(tx)
  }
}

export type AlertRow = {
  readonly id: string
  readonly rule_id: string
  readonly rule: string
  readonly severity: 'warning' | 'critical'
  readonly sentence: string
  readonly detail: string
  readonly flow_id: string | null
  readonly connection_id: string | null
  readonly opened_at: Date
  readonly resolved_at: Date | null
  readonly acknowledged_at: Date | null
  readonly acknowledged_by: string | null
  readonly escalated_at: Date | null
}

/** Newest first, after `cursor`. */
export async function listAlerts(
  tx: Tx,
  workspace: string,
  filter: {
    readonly state?: 'open' | 'resolved' | undefined
    readonly alert?: string | undefined
    readonly cursor?: string | undefined
    readonly limit: number
  },
): Promise<readonly AlertRow[]> {
  const { state = null, alert = null, cursor = null, limit } = filter
  const { rows } = await sql<AlertRow>`
    select a.id, a.rule_id, r.name as rule, a.severity, a.sentence, a.detail, a.flow_id, a.connection_id, a.opened_at,
      a.resolved_at, a.acknowledged_at, u.name as acknowledged_by, a.escalated_at
    from alerts a
    join alert_rules r on r.workspace_id = a.workspace_id and r.id = a.rule_id
    left join users u on u.id = a.acknowledged_by
    where a.workspace_id = ${workspace}
      and (${state}::text is null or (a.resolved_at is null) = (${state}::text = 'open'))
      and (${alert}::uuid is null or a.id = ${alert}::uuid) and (${cursor}::uuid is null or a.id < ${cursor}::uuid)
    order by a.id desc limit ${limit}
  `.execute(tx)
  return rows
}

/** Somebody has taken it on: it is not escalated any more. The first one stays. */
export async function acknowledgeAlert(tx: Tx, workspace: string, alert: string, by: string): Promise<void> {
  await sql`
    update alerts set acknowledged_at = now(), acknowledged_by = ${by}
    where workspace_id = ${workspace} and id = ${alert} and acknowledged_at is null and resolved_at is null
  `.execute(tx)
  await sql`
    update alert_messages set state = 'dropped', settled_at = now()
    where workspace_id = ${workspace} and alert_id = ${alert} and kind = 'escalation' and state = 'waiting'
  `.execute(tx)
}
