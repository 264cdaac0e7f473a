import type { UnknownDetail } from '../../../server/contract/effects.ts'
import type { EventDetail, HookView } from '../../../server/contract/hooks.ts'
import type { TraceSettings } from '../../../server/contract/traces.ts'
import type { Lanes } from '../../../server/contract/lanes.ts'
import type { BackfillView, Forecast, NextDueList } from '../../../server/contract/run-starts.ts'
import type { RecordEvent } from '../../../server/contract/search.ts'
import { ago, id } from './numbered.ts'

/** What the stage shows of run starts, effects in doubt, workers and searches. */
export type DurableScene = {
  unknowns: UnknownDetail[]
  backfills: BackfillView[]
  schedule: NextDueList
  forecast: Forecast
  hooks: HookView[]
  events: EventDetail[]
  lanes: Lanes
  traces: TraceSettings
  history: RecordEvent[]
  /** Exceptions that a retry leaves out, by the code that says why. */
  left: { [code: string]: number }
}

const TRACES: TraceSettings = {
  traceClass: 'standard',
  classes: {
    short: { records: 7, steps: 90 },
    standard: { records: 30, steps: 400 },
    long: { records: 180, steps: 2_600 },
  },
}
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const FLOW = { id: id(2, 1), name: 'Paid invoices → Emarsys purchases' }

export const unknownView = (number: number, change: Partial<UnknownDetail> = {}): UnknownDetail => ({
  call: id(11, number),
  position: 0,
  operation: 'emarsys.sales-data',
  connection: { id: id(5, 2), name: 'Emarsys Nordwind' },
  flow: FLOW,
  run: id(3, 2),
  node: 'sales',
  key: `INV-0${191 + number}`,
  name: null,
  part: '',
  amount: '1600.68',
  currency: 'EUR',
  masked: false,
  message: 'Emarsys took the call and the connection broke before its answer: 200 rows may have arrived.',
  sentAt: ago(number * 31 * MINUTE),
  canProbe: false,
  probedAt: null,
  value: {
    item: 'WJ-02',
    price: '800.34',
    quantity: 2,
    order: `INV-0${191 + number}`,
    timestamp: '2026-10-12T00:00:00Z',
  },
  ...change,
})

export const backfillView = (number: number, change: Partial<BackfillView> = {}): BackfillView => ({
  id: id(12, number),
  flow: id(2, 1),
  from: '2026-01-01',
  to: '2026-11-01',
  quiet: true,
  reads: [{ node: 'invoices', name: 'Read invoices', by: 'invoice date' }],
  chunks: Array.from({ length: 10 }, (_, month) => ({
    from: `2026-${String(month + 1).padStart(2, '0')}-01`,
    to: `2026-${String(month + 2).padStart(2, '0')}-01`,
    run: month < 7 ? id(3, month + 1) : null,
    state: month < 4 ? 'succeeded' : month === 4 ? 'partly' : month === 5 ? 'failed' : month === 6 ? 'running' : null,
  })),
  createdAt: ago(2 * HOUR),
  by: 'Jana Weiss',
  ...change,
})

const due = (local: string) => ({ at: new Date(local).toISOString(), local })

export const hookView = (number: number, change: Partial<HookView> = {}): HookView => ({
  id: id(13, number),
  flow: id(2, 1),
  node: `hook-${number}`,
  nodeName: 'Order paid in the shop',
  kind: 'signed',
  url: `https://tieline.nordwind.example/hooks/${id(13, number)}`,
  header: null,
  secretEnds: 'x7Qa',
  open: true,
  reason: null,
  lastEventAt: ago(3 * MINUTE),
  taken: 1_204,
  repeated: 12,
  refused: 2,
  waiting: 3,
  ...change,
})

export const eventView = (number: number, change: Partial<EventDetail> = {}): EventDetail => ({
  id: id(14, number),
  receivedAt: ago(number * 3 * MINUTE),
  key: `evt_2f9c${number}`,
  repeats: number === 2 ? 3 : 0,
  run: number === 1 ? null : id(3, 1),
  content: { type: 'order.paid', order: `INV-0${191 + number}`, total: '1250.40', currency: 'EUR' },
  ...change,
})

const historyEvent = (change: Pick<RecordEvent, 'what' | 'sentence'> & Partial<RecordEvent>): RecordEvent => ({
  at: ago(HOUR),
  flow: FLOW,
  version: 4,
  run: id(3, 2),
  batch: 2,
  node: 'sales',
  nodeName: 'Send purchases',
  exception: null,
  ...change,
})

export function durableScene(): DurableScene {
  return {
    unknowns: [
      unknownView(1),
      unknownView(2, {
        operation: 'xero.list-invoices',
        connection: { id: id(5, 1), name: 'Xero Nordwind GmbH' },
        message: 'Xero gave no answer within 60 s. It may have taken the payment.',
        canProbe: true,
        probedAt: ago(4 * MINUTE),
      }),
      unknownView(3),
    ],
    backfills: [
      backfillView(1),
      backfillView(2, {
        from: '2024-01-01',
        to: '2026-01-01',
        quiet: false,
        createdAt: ago(80 * 24 * HOUR),
        by: 'Amir Haddad',
        chunks: Array.from({ length: 104 }, (_, week) => {
          const from = new Date(Date.UTC(2024, 0, 1 + week * 7)).toISOString().slice(0, 10)
          const to = new Date(Date.UTC(2024, 0, 8 + week * 7)).toISOString().slice(0, 10)
          return { from, to, run: id(3, 1), state: week < 100 ? 'succeeded' : 'cancelled' }
        }),
      }),
    ],
    schedule: {
      items: [
        {
          node: 'start',
          name: 'Every morning',
          words: 'every day at 06:00, Europe/London',
          zone: 'Europe/London',
          due: [
            due('2027-03-26T06:00:00+00:00'),
            due('2027-03-27T06:00:00+00:00'),
            due('2027-03-28T06:00:00+01:00'),
            due('2027-03-29T06:00:00+01:00'),
            due('2027-03-30T06:00:00+01:00'),
          ],
        },
        { node: 'leap', name: 'On 31 February', words: 'on 31 February at 06:00, UTC', zone: 'UTC', due: [] },
      ],
    },
    forecast: {
      sentence: '212 calls, done by 06:40, 38 % of today’s budget',
      reads: [{ node: 'invoices', name: 'Read invoices', records: 20_431, calls: 205 }],
      connections: [
        {
          id: id(5, 1),
          name: 'Xero Nordwind GmbH',
          calls: 212,
          perMinute: 60,
          perDay: 5_000,
          usedToday: 1_688,
          shareOfDay: 0.38,
        },
      ],
      doneBy: new Date(Date.now() + 40 * MINUTE).toISOString(),
      assumptions: ['100 invoices come with each call.', 'As many contacts change as in the last run.'],
    },
    hooks: [
      hookView(1),
      hookView(2, {
        nodeName: 'Newsletter consent',
        kind: 'token',
        header: 'x-tieline-token',
        secretEnds: null,
        open: false,
        reason: 'It has no secret yet: make one, then enter it in Emarsys.',
        lastEventAt: null,
        taken: 0,
        repeated: 0,
        refused: 0,
        waiting: 0,
      }),
    ],
    events: [eventView(1), eventView(2), eventView(3)],
    traces: TRACES,
    lanes: {
      workers: [
        {
          id: 'a-1',
          host: 'worker-1.nordwind.example',
          role: 'worker',
          version: '0.1.0',
          startedAt: ago(30 * HOUR),
          seenAt: ago(2_000),
          state: 'working',
          slots: 8,
          running: 2,
        },
        {
          id: 'a-2',
          host: 'worker-2.nordwind.example',
          role: 'worker',
          version: '0.1.0',
          startedAt: ago(30 * HOUR),
          seenAt: ago(1_000),
          state: 'idle',
          slots: 8,
          running: 0,
        },
        {
          id: 'a-3',
          host: 'app.nordwind.example',
          role: 'api',
          version: '0.1.0',
          startedAt: ago(30 * HOUR),
          seenAt: ago(1_000),
          state: 'idle',
          slots: 0,
          running: 0,
        },
        {
          id: 'a-4',
          host: 'worker-0.nordwind.example',
          role: 'worker',
          version: '0.0.9',
          startedAt: ago(90 * HOUR),
          seenAt: ago(12 * MINUTE),
          state: 'lost',
          slots: 8,
          running: 1,
        },
      ],
      lanes: [
        {
          lane: 'live',
          cap: 4,
          running: 1,
          queued: 1,
          waiting: 1,
          paused: 0,
          oldestQueuedAt: ago(3_000),
          reason: null,
        },
        {
          lane: 'bulk',
          cap: 2,
          running: 1,
          queued: 3,
          waiting: 0,
          paused: 1,
          oldestQueuedAt: ago(26 * MINUTE),
          reason: 'Waits for Xero until 14:03: its limit of calls per day is used up.',
        },
      ],
      running: [
        {
          run: id(3, 3),
          flow: { id: id(2, 2), name: 'New contacts → newsletter list' },
          lane: 'live',
          worker: 'a-1',
          startedAt: ago(39_000),
          batches: 4,
        },
        { run: id(3, 8), flow: FLOW, lane: 'bulk', worker: 'a-1', startedAt: ago(26 * MINUTE), batches: 212 },
      ],
    },
    history: [
      historyEvent({
        what: 'resolved',
        sentence: 'The exception was resolved: the record went through.',
        exception: id(4, 1),
      }),
      historyEvent({ what: 'sent', sentence: '“Send purchases” sent 2 rows to Emarsys Nordwind.' }),
      historyEvent({
        at: ago(2 * HOUR),
        what: 'unknown',
        sentence: 'Nobody can tell whether 1 row arrived at Emarsys Nordwind.',
      }),
      historyEvent({
        at: ago(26 * HOUR),
        what: 'exception',
        sentence: 'It was set aside at “Send purchases”: nobody has confirmed its contact yet.',
        exception: id(4, 1),
      }),
      historyEvent({
        at: ago(26 * HOUR),
        what: 'read',
        sentence: 'A run read it from Xero Nordwind GmbH.',
        node: 'invoices',
        nodeName: 'Read invoices',
      }),
      historyEvent({
        at: ago(27 * HOUR),
        what: 'event',
        sentence: 'Xero told of a change.',
        run: null,
        batch: null,
        node: null,
        nodeName: null,
      }),
    ],
    left: { UNKNOWN_FIRST: 1 },
  }
}

/** The same on a first day. */
export const emptyDurable = (): DurableScene => ({
  ...durableScene(),
  unknowns: [],
  backfills: [],
  schedule: { items: [] },
  hooks: [],
  events: [],
  traces: TRACES,
  lanes: {
    workers: [],
    lanes: [
      { lane: 'live', cap: 4, running: 0, queued: 0, waiting: 0, paused: 0, oldestQueuedAt: null, reason: null },
      { lane: 'bulk', cap: 2, running: 0, queued: 0, waiting: 0, paused: 0, oldestQueuedAt: null, reason: null },
    ],
    running: [],
  },
  history: [],
  left: {},
})
