import type { Kysely, Transaction } from 'kysely'
import { visibleLine } from '../../connectors/kit/visible-text.ts'
import { type AlertRule, listAlertRules, type Recipient } from '../store/alert/alert-rules.ts'
import {
  type AlertMessage,
  type Cause,
  keepAlert,
  markEscalated,
  notWatched,
  openAlert,
  openAlerts,
  resolveAlert,
  writeMessages,
} from '../store/alert/alerts.ts'
import { inWorkspace } from '../store/database/database.ts'
import type { Database } from '../store/database/schema.ts'
import { causesOf, type Surroundings } from './causes.ts'
import { dueAt } from './quiet.ts'

const MINUTE_MS = 60_000
/** The end of a trouble is told when it has lasted so long: one that comes and goes would be told again and again. */
const SETTLED_MS = 10 * MINUTE_MS

/** Looks at all rules of a workspace: opens, keeps, escalates and closes alerts, and writes down what is to be told. */
export async function evaluateAlerts(
  app: Kysely<Database>,
  around: Surroundings,
  workspace: string,
  now: Date,
): Promise<void> {
  const rules = await inWorkspace(app, workspace, (tx) => listAlertRules(tx, workspace))
  // A transaction each: one rule that cannot be looked at leaves the others be.
  const failures: unknown[] = []
  for (const rule of rules) {
    await inWorkspace(app, workspace, (tx) => evaluateRule(tx, around, workspace, rule, now)).catch((error: unknown) =>
      failures.push(error),
    )
  }
  if (failures.length > 0) throw failures[0]
}

async function evaluateRule(
  tx: Transaction<Database>,
  around: Surroundings,
  workspace: string,
  rule: AlertRule,
  now: Date,
): Promise<void> {
  const standing = new Map((await openAlerts(tx, workspace, rule.id)).map((alert) => [alert.cause, alert]))
  // A rule that is off watches nothing, and what it had found is over for it.
  const causes = rule.enabled ? await causesOf(tx, around, workspace, rule, now) : []
  const messages: AlertMessage[] = []
  const tell = (
    kind: AlertMessage['kind'],
    alert: string,
    to: readonly Recipient[],
    text: string,
    due = dueAt(rule, now),
  ) => messages.push(...to.map((recipient) => ({ alert, kind, recipient, text, dueAt: due })))

  for (const cause of causes) {
    const known = standing.get(cause.key)
    standing.delete(cause.key)
    if (!known) {
      const { id, fresh } = await openAlert(tx, workspace, rule.id, cause)
      if (fresh) tell('open', id, rule.recipients, textOf(cause))
      continue
    }
    await keepAlert(tx, workspace, known.id, cause)
    if (cause.severity === 'critical' && known.severity !== 'critical') {
      tell('open', known.id, rule.recipients, textOf(cause))
    }
    const waited = now.getTime() - known.openedAt.getTime()
    const late = rule.escalateMinutes !== null && waited >= rule.escalateMinutes * MINUTE_MS
    if (late && !known.acknowledged && !known.escalated) {
      await markEscalated(tx, workspace, known.id)
      tell('escalation', known.id, rule.escalateTo, `Nobody has taken this on for ${minutes(waited)}. ${textOf(cause)}`)
    }
  }
  for (const over of standing.values()) {
    const told = await resolveAlert(tx, workspace, over.id)
    // Switched off, nobody looks any more: that is no good news. Nor is what has come as it was announced.
    if (!rule.enabled || /^(?:token|unused)\//.test(over.cause)) continue
    if (over.flow !== null && causes.some(({ flow }) => flow === over.flow)) continue
    const lasted = minutes(now.getTime() - over.openedAt.getTime())
    const why = over.flow === null ? undefined : await notWatched(tx, workspace, over.flow)
    const text = why ? `Not watched any more, since ${why}: ` : `This is over, after ${lasted}: `
    tell(
      'resolve',
      over.id,
      told,
      `${text}${visibleLine(over.sentence)}`,
      dueAt(rule, new Date(now.getTime() + SETTLED_MS)),
    )
  }
  await writeMessages(tx, workspace, rule, messages)
}

// A line each, whatever names in them hold: a line of somebody else's would be read as one of ours.
const textOf = ({ sentence, detail }: Pick<Cause, 'sentence' | 'detail'>) =>
  `${visibleLine(sentence)}\n${visibleLine(detail)}`

function minutes(ms: number): string {
  const whole = Math.max(1, Math.round(ms / MINUTE_MS))
  if (whole < 120) return `${whole} minute${whole === 1 ? '' : 's'}`
  const hours = Math.round(whole / 60)
  return hours < 48 ? `${hours} hours` : `${Math.round(hours / 24)} days`
}
