import { Now, type NowGroup } from '../../../server/contract/now.ts'
import { ago, id } from './numbered.ts'
import type { Route } from './route.ts'
import type { Scene } from './scene.ts'

const HOUR = 3_600_000
const MINUTE = 60_000

const group = (change: Partial<NowGroup> & Pick<NowGroup, 'kind' | 'tone' | 'message'>): NowGroup => ({
  ...{ code: null, nextAction: null, count: 1, money: [], firstAt: null, lastAt: null, flows: [], flowCount: 0 },
  ...{ fault: null, state: null, node: null, desk: 'technical', connection: null, hook: null, run: null },
  ...{ step: null, owners: [], unowned: null, paused: [] },
  ...change,
})

const named = (scene: Scene, ...numbers: number[]) => {
  const flows = scene.flows
    .filter((flow) => numbers.some((number) => flow.id === id(2, number)))
    .map((flow) => ({ id: flow.id, name: flow.name }))
  return { flows, flowCount: flows.length }
}

/** What `GET …/runs?fault=` narrows to, on this stage. */
export const FAULT = 'c0ffee0000000001'

function groupsOf(scene: Scene): NowGroup[] {
  if (scene.flows.length < 2) return []
  return [
    group({
      ...{ kind: 'connection', tone: 'red', code: 'LOGIN_REFUSED', connection: id(5, 2) },
      message: '“Emarsys Nordwind”: Emarsys refused the client secret.',
      nextAction: 'Open the connection and sign in again. What changes meanwhile is sent afterwards.',
      ...{ firstAt: ago(26 * HOUR), lastAt: ago(26 * HOUR) },
      ...named(scene, 1, 2),
    }),
    group({
      ...{ kind: 'failed', tone: 'red', code: 'REMOTE_DOWN', count: 12, fault: FAULT, state: 'failed' },
      ...{
        desk: 'technical',
        step: { id: 'invoices', name: 'Invoices', operation: 'xero.list-invoices' },
        unowned: 12,
      },
      message:
        'Xero answered with status 503. It was tried several times. What had settled stays; run the flow again, and it goes on from there.',
      nextAction: 'Wait until the other system answers again, then run the flow again.',
      ...{ firstAt: ago(5 * HOUR), lastAt: ago(9 * MINUTE) },
      ...named(scene, 1, 2, 3),
    }),
    group({
      ...{
        kind: 'exceptions',
        tone: 'amber',
        code: 'CONTACT_NOT_CONFIRMED',
        node: 'sales',
        desk: 'marketing',
        count: 41,
      },
      step: { id: 'sales', name: 'Send the rows', operation: 'emarsys.send-purchases' },
      ...{ owners: [{ id: id(6, 2), name: 'Jana Weiss', count: 12 }], unowned: 29 },
      message: 'Nobody has confirmed its contact in this account yet.',
      nextAction: 'See why the contact was not accepted; its purchases follow once it is.',
      money: [
        { currency: 'EUR', amount: '52140.40', count: 39 },
        { currency: 'AUD', amount: '310.00', count: 2 },
      ],
      ...{ firstAt: ago(8 * 24 * HOUR), lastAt: ago(41 * MINUTE) },
      ...named(scene, 1),
    }),
    group({
      ...{ kind: 'schedule', tone: 'amber', count: 3 },
      message: 'Due times of the last 24 hours passed without a run: no worker was running, or too many were waiting.',
      nextAction:
        'A flow that reads what changed needs nothing: its next run reads that too. For any other, back-fill the days.',
      ...{ firstAt: ago(20 * HOUR), lastAt: ago(18 * HOUR) },
      ...named(scene, 2),
    }),
    group({
      ...{ kind: 'hook', tone: 'amber', count: 7, hook: id(13, 1) },
      message:
        'The hook “Orders of the shop” refused events of the last 24 hours: their sender was not proven, or they came too fast or too large.',
      nextAction:
        'Compare the secret with the sender’s. If none of your systems sends these events, a stranger is trying the address.',
      ...{ firstAt: ago(7 * HOUR), lastAt: ago(HOUR) },
      ...named(scene, 1),
    }),
    group({
      ...{ kind: 'waiting', tone: 'amber', state: 'paused', run: id(3, 8), paused: [id(3, 8)] },
      message: 'Amir Haddad paused it after 212 batches.',
      nextAction: 'Resume it, or cancel it.',
      ...{ firstAt: ago(3 * HOUR), lastAt: ago(3 * HOUR) },
      ...named(scene, 1),
    }),
    group({
      ...{ kind: 'waiting', tone: 'info', state: 'waiting', run: id(3, 5), code: 'RATE_LIMITED' },
      message: 'Today’s allowance of 5,000 calls is used; it goes on at 14:03 UTC.',
      nextAction: 'Nothing to do: it goes on when the other system allows more calls.',
      ...{ firstAt: ago(2 * HOUR), lastAt: ago(2 * HOUR) },
      ...named(scene, 1),
    }),
  ]
}

function nowOf(scene: Scene): Now {
  const [last] = scene.runs.filter((run) => run.endedAt !== null)
  const next = scene.flows.find((flow) => flow.enabled && flow.nextDue !== null)
  const groups = scene.quiet ? [] : groupsOf(scene)
  const busy = scene.runs.length > 0
  return {
    groups,
    more: false,
    lastRun: last ? { run: last.id, flow: last.flow, state: last.state, endedAt: last.endedAt ?? ago(0) } : null,
    nextRun: next ? { flow: { id: next.id, name: next.name }, dueAt: next.nextDue ?? ago(0) } : null,
    flowsOn: scene.flows.filter(({ enabled }) => enabled).length,
    versions: busy ? [{ version: '1.4.0', at: ago(5 * HOUR + 20 * MINUTE) }] : [],
    hours: Array.from({ length: 24 }, (_, at) => ({
      at: ago((23 - at) * HOUR),
      runs: busy ? 120 + ((at * 37) % 90) : 0,
      failed: busy && groups.length > 0 && at > 18 ? 2 + (at % 3) : 0,
      partly: busy && groups.length > 0 && at % 5 === 0 ? 4 : 0,
      waitedSeconds: busy ? 0.4 + (at % 7) : null,
    })),
  }
}

export const nowRoutes = (w: string): readonly Route[] => [
  { method: 'GET', path: `${w}/now`, schema: Now, answer: nowOf },
]
