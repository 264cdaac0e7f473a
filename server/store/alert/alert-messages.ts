import { sql, type Transaction } from 'kysely'
import type { AlertRule, Recipient } from './alert-rules.ts'
import type { Database } from '../database/schema.ts'

type Tx = Transaction<Database>

export type DueMessage = {
  readonly id: string
  readonly rule: string
  readonly ruleName: string
  readonly kind: 'open' | 'resolve' | 'escalation' | 'test'
  readonly recipient: Recipient
  readonly text: string
  readonly attempts: number
  readonly quiet: AlertRule['quiet']
  readonly zone: string
}

/** Messages that go as one: of one rule for one recipient. Nothing real hides beneath a test. */
export type Parcel = { readonly rule: string; readonly recipient: Recipient; readonly test: boolean }

/** What is due, longest first. What a process had in hand that died is never sent again: it may have arrived. */
export async function dueParcels(tx: Tx, workspace: string): Promise<readonly Parcel[]> {
  await sql`
    update alert_messages set state = 'unknown', settled_at = now(),
      error = 'The process that was sending it ended. It may have arrived.'
    where workspace_id = ${workspace} and state = 'sending' and due_at < now() - interval '10 minutes'
  `.execute(tx)
  const { rows } = await sql<Parcel>`
    select rule_id as rule, recipient, kind = 'test' as test from alert_messages
    where workspace_id = ${workspace} and state = 'waiting' and due_at <= now()
    group by rule_id, recipient, kind = 'test' order by min(due_at), rule_id, recipient
  `.execute(tx)
  return rows
}

/** Takes what is due of a parcel, and says so before anything leaves; nothing when another process has it. */
export async function takeParcel(
  tx: Tx,
  workspace: string,
  { rule, recipient, test }: Parcel,
  limit: number,
): Promise<readonly DueMessage[]> {
  const { rows } = await sql<DueMessage>`
    update alert_messages m set state = 'sending', attempts = attempts + 1, due_at = now()
    from alert_rules r
    where m.workspace_id = ${workspace} and r.workspace_id = m.workspace_id and r.id = m.rule_id and m.id in (
      select id from alert_messages
      where workspace_id = ${workspace} and state = 'waiting' and due_at <= now() and rule_id = ${rule}
        and recipient = ${JSON.stringify(recipient)}::jsonb and (kind = 'test') = ${test}
      order by id limit ${limit} for update skip locked
    )
    returning m.id, m.rule_id as rule, r.name as "ruleName", m.kind, m.recipient, m.text, m.attempts, r.quiet, r.zone
  `.execute(tx)
  return [...rows].sort((a, b) => (a.id < b.id ? -1 : 1))
}

/** What became of messages that were taken. */
export async function settleMessages(
  tx: Tx,
  workspace: string,
  ids: readonly string[],
  outcome:
    | { readonly state: 'sent' }
    | { readonly state: 'failed' | 'unknown'; readonly error: string }
    | { readonly state: 'waiting'; readonly error: string; readonly inMs: number },
): Promise<void> {
  const error = 'error' in outcome ? outcome.error.slice(0, 1000) : null
  const later = outcome.state === 'waiting' ? outcome.inMs : null
  await sql`
    update alert_messages set state = ${outcome.state}, error = ${error},
      due_at = case when ${later}::bigint is null then due_at else now() + ${later}::bigint * interval '1 millisecond' end,
      settled_at = case when ${later}::bigint is null then now() end
    where workspace_id = ${workspace} and id = any(${ids as string[]}::uuid[]) and state = 'sending'
  `.execute(tx)
}

export type AlertMessageRow = {
  readonly id: string
  readonly rule_id: string
  readonly rule: string
  readonly kind: DueMessage['kind']
  readonly text: string
  readonly over: string | null
  readonly address: string | null
  readonly state: 'waiting' | 'sending' | 'sent' | 'failed' | 'unknown' | 'dropped'
  readonly due_at: Date
  readonly settled_at: Date | null
  readonly error: string | null
}

/** Newest first, after `cursor`. */
export async function listAlertMessages(
  tx: Tx,
  workspace: string,
  { cursor = null, limit }: { readonly cursor?: string | null | undefined; readonly limit: number },
): Promise<readonly AlertMessageRow[]> {
  const { rows } = await sql<AlertMessageRow>`
    select m.id, m.rule_id, r.name as rule, m.kind, m.text, c.name as over, m.recipient ->> 'address' as address, m.state,
      m.due_at, m.settled_at, m.error
    from alert_messages m
    join alert_rules r on r.workspace_id = m.workspace_id and r.id = m.rule_id
    left join connections c on c.workspace_id = m.workspace_id and c.id = (m.recipient ->> 'connection')::uuid
    where m.workspace_id = ${workspace} and (${cursor}::uuid is null or m.id < ${cursor}::uuid)
    order by m.id desc limit ${limit}
  `.execute(tx)
  return rows
}

/** What was over or told so many days ago goes: messages hold addresses of people. */
export async function removeOldAlerts(tx: Tx, workspace: string, days: number): Promise<void> {
  const border = sql`now() - make_interval(days => ${days})`
  await sql`delete from alert_messages where workspace_id = ${workspace} and settled_at < ${border}`.execute(tx)
  await sql`delete from alerts where workspace_id = ${workspace} and resolved_at < ${border}`.execute(tx)
}

export type Undelivered = {
  readonly connection: string | null
  readonly name: string | null
  readonly count: number
  readonly first_at: Date
  readonly last_at: Date
  /** Of the newest. */
  readonly error: string
  /** None of them is tried again. */
  readonly given_up: boolean
}

/**
 * Messages of a day that did not arrive, may not have, or are tried for minutes, by connection: those of recipients whom
 * nothing has reached since.
 */
export async function undeliveredMessages(tx: Tx, workspace: string): Promise<readonly Undelivered[]> {
  const { rows } = await sql<Undelivered>`
    select c.id as connection, c.name, count(*)::int as count, min(m.created_at) as first_at, max(m.created_at) as last_at,
      (array_agg(coalesce(m.error, '') order by m.id desc))[1] as error, bool_and(m.state <> 'waiting') as given_up
    from alert_messages m
    left join connections c on c.workspace_id = m.workspace_id and c.id = (m.recipient ->> 'connection')::uuid
    where m.workspace_id = ${workspace} and m.created_at > now() - interval '24 hours' and m.kind <> 'test'
      and (m.state in ('failed', 'unknown') or (m.state = 'waiting' and m.attempts >= 3))
      and not exists (
        select 1 from alert_messages later
        where later.workspace_id = m.workspace_id and later.recipient = m.recipient and later.state = 'sent'
          and later.settled_at > coalesce(m.settled_at, m.created_at)
      )
    group by c.id, c.name order by count(*) desc, c.name
  `.execute(tx)
  return rows
}
