import { AutomationList } from '../../../server/contract/automations.ts'
import {
  CareAnswer,
  CareRequest,
  ExceptionGroups,
  ExceptionNotes,
  GroupQuery,
} from '../../../server/contract/exception-care.ts'
import { Fleet, type FleetRow } from '../../../server/contract/fleet.ts'
import { Waterfall, WaterfallQuery } from '../../../server/contract/runs.ts'
import { NewReport, ReportAnswer, ReportList, ReportListQuery, ReportView } from '../../../server/contract/reports.ts'
import { SwitchPreview, SwitchPreviewRequest } from '../../../server/contract/switching.ts'
import type { Params, Route } from './route.ts'
import { id, type Scene } from './scene.ts'

function reportView(
  scene: Scene,
  { words, flow = scene.flows[0]?.id, runs }: { words: string; flow?: string | undefined; runs: readonly string[] },
): ReportView {
  return {
    id: id(30, 1),
    flow: { id: flow ?? '', name: scene.flows.find((one) => one.id === flow)?.name ?? '' },
    words,
    from: '2026-11-21T09:00:00.000Z',
    to: '2026-11-22T09:00:00.000Z',
    runs: [...runs],
    by: 'Jana Novak',
    createdAt: '2026-11-22T09:00:00.000Z',
    answer: null,
    answeredBy: null,
    answeredAt: null,
    closedAt: null,
  }
}

/** From the flows of the scene, so that what is switched there is switched here. */
function automations(scene: Scene): AutomationList {
  return {
    team: [
      { name: 'Ana Silva', role: 'consultant' },
      { name: 'Omar Haddad', role: 'operator' },
    ],
    items: scene.flows.map((flow) => ({
      flow: flow.id,
      name: flow.name,
      sentence: 'Sends paid invoices to Emarsys as purchases.',
      enabled: flow.enabled,
      published: flow.liveVersion !== null,
      switchedAt: flow.switchedAt,
      health: !flow.enabled
        ? 'off'
        : flow.paused
          ? 'needs-you'
          : flow.lastRun?.state === 'failed'
            ? 'on-it'
            : 'working',
      lastSync: flow.lastRun?.endedAt ? { at: flow.lastRun.endedAt, read: 128, sent: 128 } : null,
      nextDue: flow.nextDue,
      turnOn: flow.turnOn,
      week: { read: 412, sent: 128 },
      days: flow.enabled ? [21, 18, 0, 34, 12, 15, 28] : [0, 0, 0, 0, 0, 0, 0],
      needs: flow.paused
        ? [
            {
              kind: 'connection',
              message: 'Xero signed us out. Nothing was lost: what changes meanwhile is sent afterwards.',
              since: flow.switchedAt,
              connection: id(5, 2),
              yours: true,
              others: ['Ana Silva'],
            },
          ]
        : [],
      settings: flow.liveVersion === null ? 0 : 2,
      reports: [],
    })),
  }
}

export const automationRoutes = (w: string): readonly Route[] => [
  { method: 'GET', path: `${w}/automations`, schema: AutomationList, answer: automations },
  {
    method: 'POST',
    path: `${w}/flows/:flow/switch/preview`,
    body: SwitchPreviewRequest,
    schema: SwitchPreview,
    answer: (_scene, { body }: { readonly body: { on: boolean } }) => ({
      on: body.on,
      basis: 'ab'.repeat(16),
      inProgress: body.on ? 0 : 3,
      restored: false,
      waiting: 2,
      since: null,
      reads: body.on
        ? [
            {
              node: 'invoices',
              name: 'Read paid invoices',
              connection: 'Xero',
              records: 182,
              sample: ['INV-0192', 'INV-0193', 'INV-0194'],
              before: true,
              trouble: null,
            },
          ]
        : [],
      writes: [
        {
          ...{ node: 'sales', name: 'Send', title: 'Send sales rows', connection: 'Emarsys', lasting: true },
          most: body.on ? 182 : 0,
        },
      ],
      notFromNow: null,
    }),
  },
  {
    method: 'POST',
    path: `${w}/flows/:flow/reports`,
    body: NewReport,
    schema: ReportView,
    answer: (scene, { params, body }: { readonly params: Params; readonly body: NewReport }) =>
      reportView(scene, { words: body.words, flow: params['flow'], runs: [] }),
  },
  {
    method: 'GET',
    path: `${w}/reports`,
    schema: ReportList,
    query: ReportListQuery,
    answer: (scene, { query }) => ({
      items:
        scene.flows.length === 0 || query['state'] === 'closed'
          ? []
          : [
              reportView(scene, {
                words: 'Orders of Friday are missing in the newsletter list.',
                runs: [id(3, 1), id(3, 2)],
              }),
            ],
    }),
  },
  {
    method: 'POST',
    path: `${w}/reports/:report/answer`,
    schema: ReportView,
    body: ReportAnswer,
    answer: (scene, { body }: { readonly body: ReportAnswer }) => ({
      ...reportView(scene, { words: 'Orders of Friday are missing in the newsletter list.', runs: [] }),
      ...{ answer: body.answer, answeredBy: 'Jana Weiss', answeredAt: '2026-11-22T10:00:00.000Z' },
      closedAt: body.close === false ? null : '2026-11-22T10:00:00.000Z',
    }),
  },
  {
    method: 'POST',
    path: `${w}/exceptions/care`,
    body: CareRequest,
    schema: CareAnswer,
    answer: () => ({ changed: 1, closed: 0 }),
  },
  {
    method: 'GET',
    path: `${w}/exceptions/:exception/notes`,
    schema: ExceptionNotes,
    answer: () => ({
      items: [
        {
          ...{ id: id(31, 1), kind: 'assign', words: null, assignedTo: 'Jana Weiss', until: null },
          ...{ by: 'Omar Haddad', at: '2026-11-22T09:00:00.000Z' },
        },
        {
          ...{ id: id(31, 2), kind: 'comment', words: 'Ask the accountant to unlock October.', assignedTo: null },
          ...{ until: null, by: 'Jana Weiss', at: '2026-11-22T09:10:00.000Z' },
        },
      ],
    }),
  },
  {
    method: 'GET',
    path: `${w}/exceptions/groups`,
    schema: ExceptionGroups,
    query: GroupQuery,
    answer: (scene) => {
      const open = scene.exceptions.filter(({ state }) => state === 'open')
      const [newest] = open
      const money = [{ currency: 'EUR', amount: '3912.60', count: open.length }]
      return {
        ...{ open: open.length, snoozed: 0, mine: 0, oldest: newest?.createdAt ?? null, money: newest ? money : [] },
        ages: newest ? [{ age: 'day', count: open.length, money }] : [],
        groups: newest
          ? [
              {
                ...{ flow: newest.flow, node: newest.node, code: newest.code, desk: newest.desk, money },
                ...{
                  step: { id: newest.node, name: newest.nodeName, operation: null },
                  fault: null,
                  owners: [],
                  unowned: open.length,
                },
                ...{ message: newest.message, nextAction: newest.nextAction, count: open.length },
                ...{ firstAt: newest.createdAt, lastAt: newest.lastAt },
              },
            ]
          : [],
      }
    },
  },
  {
    method: 'GET',
    path: `${w}/runs/:run/waterfall`,
    schema: Waterfall,
    query: WaterfallQuery,
    answer: (scene, { params, query }) => {
      const run = scene.runs.find((one) => one.id === params['run'])
      const from = Date.parse(run?.startedAt ?? run?.createdAt ?? '2026-11-22T09:00:00.000Z')
      const node = scene.batches[0]?.node ?? 'sales'
      const all = Array.from({ length: run?.batches ?? 0 }, (_, batch) => ({
        ...{ batch, startedAt: new Date(from + batch * 900).toISOString(), node },
        ...{ waitingMs: batch % 7 === 3 ? 2_400 : 0, workingMs: 300 + ((batch * 37) % 500) },
        ...{ retries: batch % 7 === 3 ? 1 : 0, failed: batch === 2 && run?.state === 'failed' },
      }))
      const fit = all.filter(
        ({ batch, failed, retries }) =>
          batch > Number(query['after'] ?? -1) && (query['only'] === undefined || failed || retries > 0),
      )
      if (query['order'] === 'longest') fit.sort((a, b) => b.waitingMs + b.workingMs - a.waitingMs - a.workingMs)
      return { batches: fit.slice(0, 1000), more: fit.length > 1000 }
    },
  },
  { method: 'GET', path: '/fleet', schema: Fleet, answer: () => ({ items: fleet, shut: [] }) },
]

const fleetRow = (number: number, name: string, state: FleetRow['state'], sentence: string): FleetRow => ({
  ...{ workspace: id(1, number), name, role: 'operator', state, sentence, flows: 6, on: state === 'off' ? 0 : 5 },
  ...{ stopped: state === 'red' ? 2 : 0, signIns: state === 'red' ? 1 : 0, exceptions: state === 'green' ? 0 : 12 },
  ...{
    reports: 0,
    runs: 288,
    failed: state === 'red' ? 17 : 0,
    queueSeconds: 3,
    lastRunAt: '2026-11-22T09:00:00.000Z',
  },
})

/** An agency of sixty, as the server sorts them. */
const fleet: FleetRow[] = [
  fleetRow(1, 'Nordwind GmbH', 'red', '1 connection needs a sign-in, 2 flows have stopped, 12 exceptions open.'),
  fleetRow(2, 'Alpine Supply', 'red', '1 flow has stopped.'),
  fleetRow(3, 'Brightside Jewellery with a long name that has to go somewhere', 'amber', '12 exceptions open.'),
  ...Array.from({ length: 56 }, (_, at) => fleetRow(at + 4, `Client ${at + 4}`, 'green', 'All is well.')),
  fleetRow(60, 'Zum Anker', 'off', 'No flow is on.'),
]
