import { Operations } from '../../../server/contract/operations.ts'
import { ago, id } from './numbered.ts'
import type { Route } from './route.ts'
import type { Scene } from './scene.ts'

const HOUR = 3_600_000
const day = (ahead: number): string => new Date(Date.now() + ahead * 86_400_000).toISOString().slice(0, 10)

const TASKS = [
  'partitions',
  'old-traces',
  'record-keys',
  'old-events',
  'run-leftovers',
  'alerts',
  'audit-anchors',
] as const

function healthOf(scene: Scene): Operations {
  const ill = scene.quiet !== true && scene.flows.length > 0
  const flow = { id: id(2, 2), name: 'New contacts → newsletter list' }
  const connections = scene.connections.filter(({ usedBy }) => usedBy.length > 0)
  return {
    findings: ill
      ? [
          {
            ...{ area: 'connections', tone: 'red', connection: id(5, 2), flow: null },
            what: '“Emarsys Nordwind” has to be signed in to again; its flows stand still.',
            remedy: 'Open the connection and sign in. What changes meanwhile is sent afterwards.',
          },
          {
            ...{ area: 'housekeeping', tone: 'red', connection: null, flow: null },
            what: '“old-traces” has failed for 30 hours.',
            remedy:
              'It is tried again at its next turn. What stopped it: canceling statement due to lock timeout. If it goes on, the log of the worker has more.',
          },
          {
            ...{ area: 'connections', tone: 'amber', connection: id(5, 1), flow: null },
            what: 'If it goes on as in the last hour, “Xero Nordwind GmbH” will have used its 5,000 calls of 24 hours in 3 hours.',
            remedy: 'Cancel or pause back-fills that are not urgent; the bulk lane waits, but it counts.',
          },
          {
            ...{ area: 'schedules', tone: 'amber', connection: null, flow: flow.id },
            what: `“${flow.name}” missed 3 due times of the last 24 hours.`,
            remedy:
              'A flow that reads what changed needs nothing: its next run reads that too. For any other, back-fill the days.',
          },
        ]
      : scene.lanes.workers.length === 0
        ? [
            {
              ...{ area: 'queue', tone: 'red', connection: null, flow: null },
              what: 'No worker is running: nothing runs, no schedule fires, nothing is tidied up.',
              remedy: 'Start the product, or a process with --role worker. What waits is kept, and begins then.',
            },
          ]
        : [],
    lanes: scene.lanes.lanes.map((lane) => ({
      ...lane,
      waits: Array.from({ length: 24 }, (_, hour) =>
        scene.runs.length === 0 || hour % 9 === 4 ? null : 0.2 + ((hour * 7) % 11) * (lane.lane === 'bulk' ? 20 : 1),
      ),
    })),
    processes: scene.lanes.workers,
    connections: connections.map(({ id: which, name, connector, state, budget, ends }, place) => ({
      ...{ id: which, name, connector, state, ends: ends?.on ?? null },
      budget:
        budget && ill && place === 0
          ? { ...budget, usedDay: 4_610, dayFullAt: new Date(Date.now() + 3 * HOUR).toISOString() }
          : budget,
    })),
    missed: ill
      ? [
          { flow, due: ago(2 * HOUR), why: 'overlap' },
          ...[18, 19, 20].map((hours) => ({ flow, due: ago(hours * HOUR), why: 'missed' as const })),
        ]
      : [],
    events: ill
      ? [
          {
            ...{ flow: { id: id(2, 1), name: 'Paid invoices → Emarsys purchases' }, hook: id(13, 1) },
            ...{ name: 'Orders of the shop', waiting: 14, oldestAt: ago(40_000), taken: true },
          },
        ]
      : [],
    traces: (['short', 'standard', 'long'] as const).flatMap((traceClass, at) =>
      (['records', 'steps'] as const).map((of) => {
        const days = of === 'records' ? [7, 30, 180][at]! : [90, 400, 2_600][at]!
        const kept = Math.min(days, 120)
        return {
          ...{ traceClass, of, days, partitions: kept + 8, oldest: day(-kept), nextDrop: day(days - kept + 1) },
          ...{
            overdue: false,
            ahead: 7,
            bytes: 48_000_000 * (at + 1),
            lastDroppedAt: kept < days ? null : ago(9 * HOUR),
          },
        }
      }),
    ),
    housekeeping: (scene.flows.length === 0 ? [] : TASKS).map((task) => {
      const fails = ill && task === 'old-traces'
      return {
        ...{ task, everySeconds: task === 'alerts' ? 30 : 3_600, beganAt: ago(22 * 60_000), tookMs: 31, late: false },
        goodAt: ago(fails ? 31 * HOUR : 22 * 60_000),
        error: fails ? 'canceling statement due to lock timeout' : null,
        failingSince: fails ? ago(30 * HOUR) : null,
      }
    }),
    keys: {
      countedAt: ago(30 * HOUR),
      items: [
        {
          fingerprint: '0f3c9a7d5e21b846',
          since: ago(9_000 * HOUR),
          replacedAt: ago(30 * HOUR),
          endedAt: ago(29 * HOUR),
        },
        { fingerprint: '8b1e44c06fd2a973', since: ago(30 * HOUR), replacedAt: null, endedAt: null },
      ].map((key, at) => ({ ...key, state: at === 0 ? 'ended' : 'current', heldBy: at * 3, share: at })),
    },
    database: {
      ...{
        version: '18.1',
        bytes: 4_812_000_000,
        answerMs: 0.6,
        connections: { used: 31, most: 97 },
        oldestTransaction: null,
      },
      pools: [
        { name: 'app', inUse: 3, open: 9, most: 13, waiting: 0 },
        { name: 'system', inUse: 1, open: 4, most: 7, waiting: 0 },
      ],
    },
  }
}

export const healthRoutes = (w: string): readonly Route[] => [
  { method: 'GET', path: `${w}/health`, schema: Operations, answer: healthOf },
]
