import { type Kysely, sql, type Transaction } from 'kysely'
import type { Database } from '../database/schema.ts'

type Tx = Transaction<Database>

export type Recipient = { readonly connection: string; readonly address?: string }
export type Watch =
  | { readonly kind: 'failure' }
  | { readonly kind: 'silence'; readonly of: 'runs' | 'rows' | 'progress'; readonly minutes: number }
  | { readonly kind: 'exceptions'; readonly atLeast: number; readonly desk?: 'finance' | 'marketing' | 'technical' }
  | { readonly kind: 'budget'; readonly percent: number }
  | { readonly kind: 'expiry'; readonly days: number }
  | { readonly kind: 'notice'; readonly severity: 'info' | 'warning' | 'critical' }

export type AlertRule = {
  readonly id: string
  readonly name: string
  readonly watch: Watch
  readonly flow: string | null
  readonly recipients: readonly Recipient[]
  readonly escalateMinutes: number | null
  readonly escalateTo: readonly Recipient[]
  readonly quiet: { readonly from: string; readonly to: string } | null
  readonly digestMinutes: number
  readonly zone: string
  readonly enabled: boolean
}

export type AlertRuleRow = AlertRule & {
  readonly open: number
  readonly changedAt: Date
  readonly changedBy: string | null
}

export async function listAlertRules(tx: Tx, workspace: string, rule?: string): Promise<readonly AlertRuleRow[]> {
  const { rows } = await sql<AlertRuleRow & { kind: string; settings: object }>`
    select r.id, r.name, r.kind, r.settings, r.flow_id as flow, r.recipients, r.escalate_minutes as "escalateMinutes",
      r.escalate_to as "escalateTo", r.quiet, r.digest_minutes as "digestMinutes", r.zone, r.enabled,
      r.changed_at as "changedAt", u.name as "changedBy",
      (select count(*)::int from alerts a
        where a.workspace_id = r.workspace_id and a.rule_id = r.id and a.resolved_at is null) as open
    from alert_rules r left join users u on u.id = r.changed_by
    where r.workspace_id = ${workspace} and (${rule ?? null}::uuid is null or r.id = ${rule ?? null}::uuid)
    order by r.name, r.id
  `.execute(tx)
  return rows.map(({ kind, settings, ...row }) => ({ ...row, watch: { ...settings, kind } as Watch })) // checked when saved
}

/** Inserts a rule, or changes the one of that id. Answers whether it did. */
export async function saveAlertRule(
  tx: Tx,
  workspace: string,
  rule: AlertRule,
  by: string,
  how: 'insert' | 'update',
): Promise<boolean> {
  const { kind, ...settings } = rule.watch
  const json = (value: unknown) => sql`${JSON.stringify(value)}::jsonb`
  const values = sql`${rule.name}, ${kind}, ${rule.flow}::uuid, ${json(settings)}, ${json(rule.recipients)},
    ${rule.escalateMinutes}::int, ${json(rule.escalateTo)}, ${rule.quiet === null ? sql`null` : json(rule.quiet)},
    ${rule.digestMinutes}::int, ${rule.zone}, ${rule.enabled}::boolean, now(), ${by}::uuid`
  const columns = sql`name, kind, flow_id, settings, recipients, escalate_minutes, escalate_to, quiet, digest_minutes, zone,
    enabled, changed_at, changed_by`
  // Watching for something else, it does not know whether what it had found is over: nobody is told so.
  if (how === 'update') {
    await sql`
      update alerts a set resolved_at = now() from alert_rules r
      where a.workspace_id = ${workspace} and a.rule_id = ${rule.id} and a.resolved_at is null
        and r.workspace_id = a.workspace_id and r.id = a.rule_id
        and (r.kind, r.settings, r.flow_id) is distinct from (${kind}, ${json(settings)}, ${rule.flow}::uuid)
    `.execute(tx)
  }
  const { numAffectedRows } =
    how === 'insert'
      ? await sql`insert into alert_rules (workspace_id, id, ${columns}) values (${workspace}, ${rule.id}, ${values})`.execute(
          tx,
        )
      : await sql`update alert_rules set (${columns}) = row(${values}) where workspace_id = ${workspace} and id = ${rule.id}`.execute(
          tx,
        )
  return Number(numAffectedRows ?? 0n) > 0
}

/** Rules that tell people over a connection, by name. */
export async function rulesOver(tx: Tx, workspace: string, connection: string): Promise<readonly string[]> {
  const named = JSON.stringify([{ connection }])
  const { rows } = await sql<{ name: string }>`
    select name from alert_rules
    where workspace_id = ${workspace} and (recipients @> ${named}::jsonb or escalate_to @> ${named}::jsonb)
    order by name, id
  `.execute(tx)
  return rows.map(({ name }) => name)
}

export async function deleteAlertRule(tx: Tx, workspace: string, rule: string): Promise<boolean> {
  const { numAffectedRows } =
    await sql`delete from alert_rules where workspace_id = ${workspace} and id = ${rule}`.execute(tx)
  return Number(numAffectedRows ?? 0n) > 0
}

/** Workspaces that have rules. With the login that sees all of them. */
export async function watchedWorkspaces(system: Kysely<Database>): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    select distinct workspace_id as id from alert_rules r
    where exists (select 1 from workspaces w where w.id = r.workspace_id and w.closing_at is null)
  `.execute(system)
  return rows.map(({ id }) => id)
}
