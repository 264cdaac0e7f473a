import * as alerts from '../../../server/contract/alerts.ts'
import { ago, id } from './numbered.ts'
import type { Route } from './route.ts'

const at = '/workspaces/:workspace'
const HOUR = 3_600_000
const MAIL = id(5, 8)
const CHANNEL = id(5, 9)
const RULE = { id: id(40, 1), name: 'Sales stand still' }

const alert = (place: number, more: Partial<alerts.AlertView> = {}): alerts.AlertView => ({
  ...{ id: id(41, place), rule: RULE, severity: 'critical', flow: id(2, 1), connection: null },
  sentence: 'Invoices since 06:10 are not in Emarsys.',
  detail: 'Emarsys answered 503 for half an hour. (“Paid invoices → Emarsys purchases”)',
  openedAt: ago(2 * HOUR),
  ...{ resolvedAt: null, acknowledgedAt: null, acknowledgedBy: null, escalatedAt: null },
  ...more,
})

const OPEN: readonly alerts.AlertView[] = [
  alert(1),
  alert(2, {
    ...{
      severity: 'warning',
      flow: null,
      connection: id(5, 1),
      acknowledgedAt: ago(HOUR),
      acknowledgedBy: 'Tom Okafor',
    },
    sentence: '“Xero of Nordwind” has used 80 % of its daily calls; without calls “Contacts” stops.',
    detail: '4012 of 5000 calls.',
  }),
]

const rule = (place: number, more: Partial<alerts.AlertRuleView> = {}): alerts.AlertRuleView => ({
  ...{
    ...RULE,
    id: id(40, place),
    watch: { kind: 'failure' },
    flow: null,
    open: 1,
    enabled: true,
    zone: 'Europe/Berlin',
  },
  recipients: [{ connection: MAIL, address: 'jana@nordwind.example' }, { connection: CHANNEL }],
  escalate: { afterMinutes: 60, recipients: [{ connection: MAIL, address: 'boss@nordwind.example' }] },
  quiet: { from: '22:00', to: '07:00' },
  ...{ digestMinutes: 0, changedAt: ago(70 * HOUR), changedBy: 'Jana Weiss' },
  ...more,
})

const RULES: readonly alerts.AlertRuleView[] = [
  rule(1),
  rule(2, {
    ...{ name: 'No orders for two hours', flow: id(2, 1), open: 0, quiet: null, escalate: null, digestMinutes: 30 },
    watch: { kind: 'silence', of: 'rows', minutes: 120 },
  }),
  rule(3, { name: 'Sign-ins', watch: { kind: 'expiry', days: 14 }, recipients: [], open: 0, enabled: false }),
]

const message = (place: number, more: Partial<alerts.AlertMessageView> = {}): alerts.AlertMessageView => ({
  ...{ id: id(42, place), rule: RULE, kind: 'open', over: 'Mail of Nordwind', address: 'jana@nordwind.example' },
  text: 'Invoices since 06:10 are not in Emarsys.\nEmarsys answered 503 for half an hour.',
  ...{ state: 'sent', dueAt: ago(2 * HOUR), settledAt: ago(2 * HOUR), error: null },
  ...more,
})

const MESSAGES: readonly alerts.AlertMessageView[] = [
  message(5, { kind: 'escalation', state: 'waiting', settledAt: null, dueAt: ago(-9 * HOUR) }),
  message(4, { state: 'failed', error: 'smtp.nordwind.example refused every recipient. 550 No such user' }),
  message(3, { over: 'Channel #sales', address: null }),
  message(2, { kind: 'resolve', state: 'unknown', error: 'The connection broke.' }),
  message(1, { kind: 'test', over: null, state: 'dropped' }),
]

/** Rules, what they have found, what was sent. */
export const alertRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: `${at}/alerts`,
    schema: alerts.AlertList,
    query: alerts.AlertListQuery,
    answer: (scene, { query }) => ({
      items: scene.flows.length === 0 ? [] : query.state === 'open' ? OPEN : [alert(9, { resolvedAt: ago(HOUR) })],
      next: null,
    }),
  },
  { method: 'POST', path: `${at}/alerts/:alert/acknowledge`, schema: alerts.AlertView, answer: () => OPEN[1] },
  {
    method: 'GET',
    path: `${at}/alert-rules`,
    schema: alerts.AlertRuleList,
    answer: (scene) => ({
      items: scene.flows.length === 0 ? [] : RULES,
      channels:
        scene.flows.length === 0
          ? []
          : [
              { id: MAIL, name: 'Mail of Nordwind', mail: true },
              { id: CHANNEL, name: 'Channel #sales', mail: false },
            ],
    }),
  },
  {
    method: 'POST',
    path: `${at}/alert-rules`,
    schema: alerts.AlertRuleView,
    body: alerts.AlertRuleRequest,
    answer: () => RULES[1],
  },
  {
    method: 'GET',
    path: `${at}/alert-messages`,
    schema: alerts.AlertMessageList,
    query: alerts.AlertMessageQuery,
    answer: (scene) => ({ items: scene.flows.length === 0 ? [] : MESSAGES, next: null }),
  },
]
