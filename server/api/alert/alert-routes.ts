import { Type } from 'typebox'
import {
  AlertList,
  AlertListQuery,
  AlertMessageList,
  AlertMessageQuery,
  type AlertMessageView,
  AlertParams,
  AlertRuleList,
  AlertRuleParams,
  AlertRuleRequest,
  AlertRuleView,
  AlertView,
} from '../../contract/alerts.ts'
import { WorkspaceParams } from '../../contract/shared.ts'
import { zoneComplaint } from '../../flow/schema/zone.ts'
import { type AlertMessageRow, listAlertMessages } from '../../store/alert/alert-messages.ts'
import { type AlertRuleRow, deleteAlertRule, listAlertRules, saveAlertRule } from '../../store/alert/alert-rules.ts'
import { acknowledgeAlert, type AlertRow, listAlerts, writeMessages } from '../../store/alert/alerts.ts'
import { listConnections } from '../../store/connection/connection-records.ts'
import { findDraft } from '../../store/flow/flows.ts'
import { newId } from '../../store/database/ids.ts'
import { whoAsks } from '../http/access.ts'
import { maskedWords } from '../view/mask.ts'
import { type Api, type AppParts, inTenant, pageOf } from '../http/parts.ts'
import { ApiProblem, found } from '../http/problems.ts'

const PAGE = 50
/** Connectors whose operation `notify` takes an alert. */
const CHANNELS = ['email', 'chat']

type Tx = Parameters<Parameters<typeof inTenant>[2]>[0]

/** Who is told when something is wrong: rules, what they have found, what was sent. */
export function alertRoutes(api: Api, parts: AppParts): void {
  const tags = ['alerts']
  const rules = '/workspaces/:workspace/alert-rules'

  api.get(
    rules,
    {
      schema: { summary: 'List the rules for alerts', tags, params: WorkspaceParams, response: { 200: AlertRuleList } },
      config: { permission: 'alerts.read' },
    },
    async (request) =>
      inTenant(parts, request, async (tx, workspace) => ({
        items: (await listAlertRules(tx, workspace)).map(viewRule),
        channels: (await listConnections(tx, workspace))
          .filter(({ connector }) => CHANNELS.includes(connector))
          .map(({ id, name, connector }) => ({ id, name, mail: connector === 'email' })),
      })),
  )

  api.post(
    rules,
    {
      schema: {
        summary: 'Make a rule',
        tags,
        params: WorkspaceParams,
        body: AlertRuleRequest,
        response: { 201: AlertRuleView },
      },
      config: { permission: 'alerts.manage' },
    },
    async (request, reply) => {
      const id = newId()
      const view = await inTenant(parts, request, (tx, workspace) =>
        save(tx, workspace, id, request.body, whoAsks(request).person.id, 'insert'),
      )
      return reply.code(201).send(view)
    },
  )

  api.put(
    `${rules}/:rule`,
    {
      schema: {
        summary: 'Change a rule, as a whole',
        tags,
        params: AlertRuleParams,
        body: AlertRuleRequest,
        response: { 200: AlertRuleView },
      },
      config: { permission: 'alerts.manage' },
    },
    async (request) =>
      inTenant(parts, request, (tx, workspace) =>
        save(tx, workspace, request.params.rule, request.body, whoAsks(request).person.id, 'update'),
      ),
  )

  api.delete(
    `${rules}/:rule`,
    {
      schema: {
        summary: 'Delete a rule, what it has found and what was sent for it',
        tags,
        params: AlertRuleParams,
        response: { 204: Type.Null() },
      },
      config: { permission: 'alerts.manage' },
    },
    async (request, reply) => {
      await inTenant(parts, request, async (tx, workspace) => {
        if (!(await deleteAlertRule(tx, workspace, request.params.rule))) found(undefined, 'rule')
      })
      return reply.code(204).send(null)
    },
  )

  api.post(
    `${rules}/:rule/test`,
    {
      schema: {
        summary: 'Send a test message to everybody whom a rule tells, within half a minute',
        tags,
        params: AlertRuleParams,
        response: { 202: Type.Object({ messages: Type.Integer() }, { additionalProperties: false }) },
      },
      config: { permission: 'alerts.manage' },
    },
    async (request, reply) => {
      const messages = await inTenant(parts, request, async (tx, workspace) => {
        const [row] = await listAlertRules(tx, workspace, request.params.rule)
        const rule = found(row, 'rule')
        const text = `This is what a message of the rule “${rule.name}” looks like. Nothing has happened.`
        const to = [...rule.recipients, ...rule.escalateTo]
        const dueAt = new Date()
        await writeMessages(
          tx,
          workspace,
          rule,
          to.map((recipient) => ({ alert: null, kind: 'test' as const, recipient, text, dueAt })),
        )
        return to.length
      })
      return reply.code(202).send({ messages })
    },
  )

  api.get(
    '/workspaces/:workspace/alerts',
    {
      schema: {
        summary: 'List what rules have found, newest first',
        tags,
        params: WorkspaceParams,
        querystring: AlertListQuery,
        response: { 200: AlertList },
      },
      config: { permission: 'alerts.read' },
    },
    async (request) => {
      const { limit = PAGE, ...filter } = request.query
      const rows = await inTenant(parts, request, (tx, workspace) =>
        listAlerts(tx, workspace, { ...filter, limit: limit + 1 }),
      )
      return pageOf(rows, limit, viewAlert, ({ id }) => id)
    },
  )

  api.post(
    '/workspaces/:workspace/alerts/:alert/acknowledge',
    {
      schema: {
        summary: 'Take an alert on: nobody else is told that it is still open',
        tags,
        params: AlertParams,
        response: { 200: AlertView },
      },
      config: { permission: 'alerts.acknowledge' },
    },
    async (request) => {
      const { alert } = request.params
      const row = await inTenant(parts, request, async (tx, workspace) => {
        await acknowledgeAlert(tx, workspace, alert, whoAsks(request).person.id)
        const [one] = await listAlerts(tx, workspace, { alert, limit: 1 })
        return one
      })
      return viewAlert(found(row, 'alert'))
    },
  )

  api.get(
    '/workspaces/:workspace/alert-messages',
    {
      schema: {
        summary: 'List what was told to whom, newest first',
        tags,
        params: WorkspaceParams,
        querystring: AlertMessageQuery,
        response: { 200: AlertMessageList },
      },
      config: { permission: 'alerts.read' },
    },
    async (request) => {
      const { limit = PAGE, cursor } = request.query
      const rows = await inTenant(parts, request, (tx, workspace) =>
        listAlertMessages(tx, workspace, { cursor, limit: limit + 1 }),
      )
      return pageOf(rows, limit, viewMessage, ({ id }) => id)
    },
  )
}

async function save(
  tx: Tx,
  workspace: string,
  id: string,
  body: AlertRuleRequest,
  by: string,
  how: 'insert' | 'update',
): Promise<AlertRuleView> {
  await check(tx, workspace, body)
  const rule = {
    ...{ id, name: body.name.trim(), watch: body.watch, flow: body.flow ?? null, recipients: once(body.recipients) },
    escalateMinutes: body.escalate?.afterMinutes ?? null,
    escalateTo: once(body.escalate?.recipients ?? []),
    quiet: body.quiet ?? null,
    ...{ digestMinutes: body.digestMinutes, zone: body.zone, enabled: body.enabled },
  }
  if (!(await saveAlertRule(tx, workspace, rule, by, how))) found(undefined, 'rule')
  const [saved] = await listAlertRules(tx, workspace, id)
  return viewRule(found(saved, 'rule'))
}

/** Named twice, one is told once. */
const once = (recipients: AlertRuleRequest['recipients']) => [
  ...new Map(recipients.map((one) => [`${one.connection} ${one.address?.toLowerCase() ?? ''}`, one])).values(),
]

async function check(tx: Tx, workspace: string, body: AlertRuleRequest): Promise<void> {
  const problems: { field: string; message: string }[] = []
  const noZone = zoneComplaint(body.zone)
  if (noZone !== undefined) problems.push({ field: 'body.zone', message: noZone })
  if (body.flow) found(await findDraft(tx, workspace, body.flow), 'flow')
  const channels = new Map((await listConnections(tx, workspace)).map(({ id, connector }) => [id, connector]))
  for (const [field, recipients] of [
    ['body.recipients', body.recipients],
    ['body.escalate.recipients', body.escalate?.recipients ?? []],
  ] as const) {
    for (const [at, { connection, address }] of recipients.entries()) {
      const connector = channels.get(connection) ?? ''
      const place = `${field}.${at}`
      if (!CHANNELS.includes(connector)) {
        problems.push({ field: `${place}.connection`, message: 'is no e-mail or chat connection of this workspace' })
      } else if ((connector === 'email') !== (address !== undefined)) {
        problems.push({
          field: `${place}.address`,
          message: connector === 'email' ? 'is missing: mail needs an address' : 'is for e-mail only',
        })
      } else if (
        address !== undefined &&
        !/^[^\s@<>,;"\p{Cc}]+@[^\s@<>,;"\p{Cc}]+\.[^\s@<>,;"\p{Cc}]+$/u.test(address)
      ) {
        problems.push({ field: `${place}.address`, message: 'is no e-mail address' })
      }
    }
  }
  if (problems.length > 0) throw new ApiProblem('REQUEST_INVALID', 'The rule cannot be saved like this.', { problems })
}

function viewRule(row: AlertRuleRow): AlertRuleView {
  const { escalateMinutes, escalateTo, changedAt, ...rule } = row
  return {
    ...rule,
    recipients: [...rule.recipients],
    escalate: escalateMinutes === null ? null : { afterMinutes: escalateMinutes, recipients: [...escalateTo] },
    changedAt: changedAt.toISOString(),
  }
}

const viewAlert = (row: AlertRow): AlertView => ({
  ...{ id: row.id, rule: { id: row.rule_id, name: row.rule }, severity: row.severity },
  ...{ sentence: row.sentence, detail: row.detail, flow: row.flow_id, connection: row.connection_id },
  openedAt: row.opened_at.toISOString(),
  resolvedAt: row.resolved_at?.toISOString() ?? null,
  acknowledgedAt: row.acknowledged_at?.toISOString() ?? null,
  acknowledgedBy: row.acknowledged_by,
  escalatedAt: row.escalated_at?.toISOString() ?? null,
})

const viewMessage = (row: AlertMessageRow): AlertMessageView => ({
  ...{ id: row.id, rule: { id: row.rule_id, name: row.rule }, kind: row.kind, text: row.text },
  ...{
    over: row.over,
    address: row.address,
    state: row.state,
    error: row.error === null ? null : maskedWords(row.error),
  },
  dueAt: row.due_at.toISOString(),
  settledAt: row.settled_at?.toISOString() ?? null,
})
