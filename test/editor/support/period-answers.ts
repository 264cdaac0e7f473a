import * as documents from '../../../server/contract/period-documents.ts'
import * as periods from '../../../server/contract/periods.ts'
import { ago, id } from './numbered.ts'
import { type Params, Refusal, type Route } from './route.ts'
import type { Scene } from './scene.ts'

const w = '/workspaces/:workspace/periods/:period'
const HOUR = 3_600_000

const totals = (missing: number): periods.PeriodTotals => ({
  documents: { agree: 1284 - missing, different: 0, missing, extra: 0 },
  sums: [
    missing === 0
      ? { currency: 'EUR', source: '312480', ledger: '312480', difference: '0' }
      : { currency: 'EUR', source: '312480', ledger: '311239.9', difference: '1240.1' },
    { currency: 'SEK', source: '98000.5', ledger: '98000.5', difference: '0' },
  ],
})

const check = (missing: number, setAside = 0): periods.CheckView => ({
  ...{ run: id(3, 1), state: 'succeeded', reason: 'A dry run: it read and compared, and sent nothing.' },
  ...{ totals: totals(missing), evidence: 'ab'.repeat(32), setAside, agrees: missing + setAside === 0, old: false },
  ...{ at: ago(HOUR), endedAt: ago(HOUR - 60_000), by: 'Jana Weiss' },
})

/** Of every month: the first flow agrees and the second does not; what is begun goes on, what is signed stays signed. */
function view(scene: Scene, period: string): periods.PeriodView {
  const [year = 0, month = 0] = period.split('-').map(Number)
  const kept = scene.periods.get(period)
  return {
    ...{ period, from: `${period}-01`, to: new Date(Date.UTC(year, month, 1)).toISOString().slice(0, 10), over: true },
    flows: scene.flows.slice(0, 2).map((flow, at) => ({
      flow: { id: flow.id, name: flow.name },
      reads: [{ node: 'invoices', name: 'Invoices', by: 'invoice date' }],
      check: at === 0 ? check(0) : check(3, 2),
      latest: kept?.checks.get(flow.id) ?? null,
      signOff: kept?.signed.get(flow.id) ?? null,
      changed: kept?.signed.get(flow.id)?.note ? { documents: 1, sent: 2 } : null,
    })),
    totals: totals(3).sums,
  }
}

const keptOf = (scene: Scene, period: string) => {
  const kept = scene.periods.get(period) ?? { checks: new Map(), signed: new Map() }
  scene.periods.set(period, kept)
  return kept
}

export const periodRoutes: readonly Route[] = [
  { method: 'GET', path: w, schema: periods.PeriodView, answer: (scene, { params }) => view(scene, params['period']!) },
  {
    method: 'POST',
    path: `${w}/flows/:flow/check`,
    schema: periods.CheckView,
    answer: (scene, { params }) => {
      const begun: periods.CheckView = {
        ...{
          run: id(3, 2),
          state: 'queued',
          reason: 'Waiting for a worker.',
          totals: null,
          evidence: null,
          setAside: 0,
        },
        ...{ agrees: false, old: false, at: ago(0), endedAt: null, by: 'Jana Weiss' },
      }
      keptOf(scene, params['period']!).checks.set(params['flow']!, begun)
      return begun
    },
  },
  {
    method: 'POST',
    path: `${w}/flows/:flow/sign-off`,
    schema: periods.PeriodFlow,
    body: periods.SignOffRequest,
    answer: (scene, { params, body }: { params: Params; body: periods.SignOffRequest }) => {
      const shown = view(scene, params['period']!).flows.find(({ flow }) => flow.id === params['flow'])
      if (!shown?.check?.totals) return new Refusal(409, 'CHECK_MISSING', 'There is no such check', 'Check the month.')
      const { note = null } = body
      const { run, totals: all, setAside } = shown.check
      keptOf(scene, params['period']!).signed.set(shown.flow.id, {
        ...{ kind: 'signed', evidence: shown.check.evidence },
        run,
        totals: all,
        setAside,
        note,
        by: 'Jana Weiss',
        at: ago(0),
      })
      return view(scene, params['period']!).flows.find(({ flow }) => flow.id === params['flow'])!
    },
  },
  {
    method: 'POST',
    path: `${w}/flows/:flow/reopen`,
    schema: periods.PeriodFlow,
    body: periods.ReopenRequest,
    answer: (scene, { params, body }: { params: Params; body: periods.ReopenRequest }) => {
      const { signed } = keptOf(scene, params['period']!)
      const last = signed.get(params['flow']!)
      if (last?.kind !== 'signed') return new Refusal(409, 'NOT_SIGNED', 'The month is not signed off', 'Look again.')
      signed.set(params['flow']!, { ...last, kind: 'reopened', note: body.reason })
      return view(scene, params['period']!).flows.find(({ flow }) => flow.id === params['flow'])!
    },
  },
  {
    method: 'GET',
    path: `${w}/documents`,
    schema: documents.PeriodDocuments,
    query: documents.DocumentQuery,
    answer: (scene, { query }) => ({
      items: [4, 7, 9].map((number) => ({
        ...{ flow: scene.flows[1]!.id, document: `invoice ${id(9, number)}`, name: `INV-019${number}` },
        ...{
          currency: query['currency'] ?? 'EUR',
          source: `${number}13.37`,
          ledger: '0',
          difference: `${number}13.37`,
        },
        state: 'missing' as const,
      })),
      next: null,
    }),
  },
  {
    method: 'GET',
    path: `${w}/flows/:flow/changes`,
    schema: documents.PeriodChanges,
    query: documents.ChangeQuery,
    answer: () => ({
      items: [
        {
          ...{ document: `invoice ${id(9, 4)}`, name: 'INV-0194', currency: 'EUR' },
          ...{ signed: { source: '413.37', ledger: '0' }, now: { source: '413.37', ledger: '413.37' } },
        },
      ],
      next: null,
      sent: [
        { document: `invoice ${id(9, 4)}`, name: 'INV-0194' },
        { document: `invoice ${id(9, 7)}`, name: 'INV-0197' },
      ],
    }),
  },
  {
    method: 'GET',
    path: '/workspaces/:workspace/sign-offs',
    schema: documents.SignOffList,
    query: documents.SignOffQuery,
    answer: (scene) => ({
      items: [...scene.periods].flatMap(([period, kept]) =>
        [...kept.signed].map(([flow, one], at) => ({
          ...one,
          ...{ id: id(8, at), period, counts: one.kind === 'signed' },
          flow: { id: flow, name: scene.flows.find((known) => known.id === flow)?.name ?? '' },
          changed: one.kind === 'signed' && one.note !== null ? { documents: 1, sent: 2 } : null,
        })),
      ),
      next: null,
    }),
  },
]
