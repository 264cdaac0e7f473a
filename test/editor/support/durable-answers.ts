import { Type } from 'typebox'
import { masked } from '../../../server/api/view/mask.ts'
import * as effects from '../../../server/contract/effects.ts'
import * as exceptions from '../../../server/contract/exceptions.ts'
import * as hooks from '../../../server/contract/hooks.ts'
import * as lanes from '../../../server/contract/lanes.ts'
import * as starts from '../../../server/contract/run-starts.ts'
import * as runs from '../../../server/contract/runs.ts'
import * as traces from '../../../server/contract/traces.ts'
import * as search from '../../../server/contract/search.ts'
import { ago, id } from './numbered.ts'
import { type Params, Refusal, type Route } from './route.ts'
import { runView, type Scene } from './scene.ts'

const missing = (what: string): Refusal =>
  new Refusal(404, 'NOT_FOUND', 'Not found', `There is no such ${what} in this workspace.`)

const unknownOf = (scene: Scene, params: Params): effects.UnknownDetail | Refusal =>
  scene.unknowns.find((one) => one.call === params['call'] && String(one.position) === params['position']) ??
  missing('effect in doubt')

function changeRun(scene: Scene, wanted: string | undefined, change: Partial<runs.RunView>): runs.RunView | Refusal {
  const place = scene.runs.findIndex((run) => run.id === wanted)
  const found = scene.runs[place]
  if (found === undefined) return missing('run')
  const changed = { ...found, ...change }
  scene.runs[place] = changed
  return changed
}

/** A run that has just been queued. */
function queued(scene: Scene, change: Partial<runs.RunView>): runs.RunView {
  const run = runView(900 + scene.runs.length, {
    state: 'queued',
    batches: 0,
    counts: {},
    requestedBy: 'Jana Weiss',
    createdAt: ago(0),
    startedAt: null,
    endedAt: null,
    actions: ['cancel'],
    ...change,
  })
  scene.runs.unshift(run)
  return run
}

/** The exceptions a selection means: those named, or all open ones that fit. */
function selected(scene: Scene, select: exceptions.ExceptionSelection): exceptions.ExceptionDetail[] {
  if ('ids' in select) return scene.exceptions.filter((one) => select.ids.includes(one.id))
  const { flow, run, desk, code, node } = select.filter
  return scene.exceptions.filter(
    (one) =>
      one.state === 'open' &&
      (flow === undefined || one.flow.id === flow) &&
      (run === undefined || one.run === run) &&
      (desk === undefined || one.desk === desk) &&
      (code === undefined || one.code === code) &&
      (node === undefined || one.node === node),
  )
}

export const durableRoutes = (w: string): readonly Route[] => [
  ...runActions(w),
  ...exceptionActions(w),
  ...unknownRoutes(w),
  ...startRoutes(w),
  ...hookRoutes(w),
  {
    method: 'GET',
    path: `${w}/records`,
    schema: search.RecordHistory,
    query: search.RecordQuery,
    answer: (scene, { query }) => ({
      key: query['key'] ?? '',
      items: query['key']?.startsWith('none') ? [] : scene.history,
      next: null,
    }),
  },
  { method: 'GET', path: `${w}/traces`, schema: traces.TraceSettings, answer: (scene) => scene.traces },
  {
    method: 'PATCH',
    path: `${w}/traces`,
    schema: traces.TraceSettings,
    body: traces.TracePatch,
    answer: (scene, { body }: { body: traces.TracePatch }) => {
      scene.traces = { ...scene.traces, traceClass: body.traceClass }
      return scene.traces
    },
  },
  { method: 'GET', path: `${w}/lanes`, schema: lanes.Lanes, answer: (scene) => scene.lanes },
  {
    method: 'PATCH',
    path: `${w}/lanes/:lane`,
    schema: lanes.Lanes,
    body: lanes.LanePatch,
    answer: (scene, { params, body }: { params: Params; body: lanes.LanePatch }) => {
      scene.lanes = {
        ...scene.lanes,
        lanes: scene.lanes.lanes.map((lane) => (lane.lane === params['lane'] ? { ...lane, cap: body.cap } : lane)),
      }
      return scene.lanes
    },
  },
]

const runActions = (w: string): readonly Route[] => [
  {
    method: 'POST',
    path: `${w}/runs/:run/pause`,
    schema: runs.RunView,
    answer: (scene, { params }) => changeRun(scene, params['run'], { pauseRequested: true }),
  },
  {
    method: 'POST',
    path: `${w}/runs/:run/resume`,
    schema: runs.RunView,
    answer: (scene, { params }) =>
      changeRun(scene, params['run'], { state: 'queued', reason: null, actions: ['cancel', 'pause'] }),
  },
  ...(['cancel', 'resume'] as const).map(
    (what): Route => ({
      method: 'POST',
      path: `${w}/runs/${what}`,
      schema: runs.ControlRunsAnswer,
      body: runs.ControlRunsRequest,
      answer: (scene, { body }: { body: runs.ControlRunsRequest }) => {
        const { select } = body
        const meant = scene.runs.filter((run) =>
          'ids' in select
            ? select.ids.includes(run.id)
            : run.endedAt === null && (select.filter.state?.split(',').includes(run.state) ?? true),
        )
        const fit = meant.filter(({ actions }) => actions.includes(what))
        const to = what === 'resume' ? { state: 'queued' as const, reason: null } : { state: 'cancelled' as const }
        if (!body.dry) for (const run of fit) changeRun(scene, run.id, { ...to, actions: [] })
        const left = meant.length - fit.length
        const why = what === 'resume' ? 'RUN_NOT_PAUSED' : 'RUN_ENDED'
        return { changed: fit.length, left: left > 0 ? { [why]: left } : {}, more: false }
      },
    }),
  ),
  {
    method: 'POST',
    path: `${w}/runs/:run/rerun`,
    schema: Type.Union([runs.RunView, runs.RerunCount]),
    body: runs.RerunRequest,
    answer: (scene, { params, body }: { params: Params; body: runs.RerunRequest }) => {
      const step = scene.steps.find(({ node }) => node === body.node)
      const before = scene.runs.find(({ id: one }) => one === params['run'])
      if (body.dry) {
        const records = step?.counts['in'] ?? before?.counts['read'] ?? 0
        const batches = step?.batches ?? before?.batches ?? 0
        return { from: step ? 'step' : 'read', version: before?.version ?? 1, records, batches, sent: 50_312 }
      }
      return queued(scene, {
        cause: 'rerun',
        rerunOf: params['run'] ?? null,
        quiet: body.quiet ?? false,
        began: body.node ? `at the step ${body.node}` : null,
      })
    },
  },
]

const exceptionActions = (w: string): readonly Route[] => [
  {
    method: 'POST',
    path: `${w}/exceptions/retry`,
    schema: exceptions.RetryAnswer,
    body: exceptions.RetryRequest,
    answer: (scene, { body }: { body: exceptions.RetryRequest }) => {
      const meant = selected(scene, body.select)
      const fit = meant.filter((one) => one.actions.includes('retry'))
      const flow = fit[0]?.flow.id ?? id(2, 1)
      const left = meant.length > fit.length ? scene.left : {}
      if (body.dry) {
        const plan = fit.length > 0 ? [{ run: null, flow, exceptions: fit.length }] : []
        return { retried: fit.length, left, runs: plan }
      }
      const run = queued(scene, { cause: 'retry', began: `${fit.length} exceptions again` })
      scene.exceptions = scene.exceptions.map((one) =>
        fit.includes(one) ? { ...one, state: 'retrying', actions: [], retryRun: run.id } : one,
      )
      return { retried: fit.length, left, runs: [{ run: run.id, flow, exceptions: fit.length }] }
    },
  },
  {
    method: 'POST',
    path: `${w}/exceptions/dismiss`,
    schema: exceptions.DismissManyAnswer,
    body: exceptions.DismissManyRequest,
    answer: (scene, { body }: { body: exceptions.DismissManyRequest }) => {
      const meant = selected(scene, body.select).filter((one) => one.state === 'open')
      if (body.dry) return { dismissed: meant.length }
      scene.exceptions = scene.exceptions.map((one) =>
        meant.includes(one) ? { ...one, state: 'dismissed', actions: [], resolution: body.reason ?? null } : one,
      )
      return { dismissed: meant.length }
    },
  },
  {
    method: 'POST',
    path: `${w}/exceptions/:exception/retry`,
    schema: exceptions.ExceptionView,
    body: exceptions.RetryOneRequest,
    answer: (scene, { params, body }: { params: Params; body: exceptions.RetryOneRequest }) => {
      const found = scene.exceptions.find((one) => one.id === params['exception'])
      if (found === undefined) return missing('exception')
      const run = queued(scene, { cause: 'retry', began: '1 exception again' })
      const changed: exceptions.ExceptionDetail = {
        ...found,
        state: 'retrying',
        actions: [],
        retryRun: run.id,
        edited: body.record !== undefined,
      }
      scene.exceptions = scene.exceptions.map((one) => (one === found ? changed : one))
      const { record: _, masked: __, ...view } = changed
      return view
    },
  },
]

const unknownRoutes = (w: string): readonly Route[] => [
  {
    method: 'GET',
    path: `${w}/unknown-effects`,
    schema: effects.UnknownList,
    query: effects.UnknownListQuery,
    answer: (scene, { query }) => ({
      items: scene.unknowns
        .filter(
          (one) =>
            (query['flow'] === undefined || one.flow.id === query['flow']) &&
            (query['connection'] === undefined || one.connection.id === query['connection']),
        )
        .map(({ value: _, masked: __, ...view }) => view),
      next: null,
    }),
  },
  {
    method: 'GET',
    path: `${w}/unknown-effects/:call/:position`,
    schema: effects.UnknownDetail,
    answer: (scene, { params }) => {
      const one = unknownOf(scene, params)
      return one instanceof Refusal ? one : { ...one, value: masked(one.value) as typeof one.value, masked: true }
    },
  },
  {
    method: 'POST',
    path: `${w}/unknown-effects/:call/:position/reveal`,
    schema: effects.UnknownDetail,
    body: effects.RevealEffectRequest,
    answer: (scene, { params }) => unknownOf(scene, params),
  },
  {
    method: 'POST',
    path: `${w}/unknown-effects/settle`,
    schema: effects.SettleAnswer,
    body: effects.SettleRequest,
    answer: (scene, { body }: { body: effects.SettleRequest }) => {
      const meant = scene.unknowns.filter((one) => body.effects.some((effect) => effect.call === one.call))
      scene.unknowns = scene.unknowns.filter((one) => !meant.includes(one))
      const again = body.verdict === 'did-not-arrive' && body.retry !== false
      const run = again ? queued(scene, { cause: 'retry' }).id : null
      return { settled: meant.length, already: 0, resolved: again ? 0 : meant.length, run }
    },
  },
]

const startRoutes = (w: string): readonly Route[] => [
  { method: 'GET', path: `${w}/flows/:flow/schedule`, schema: starts.NextDueList, answer: (scene) => scene.schedule },
  {
    method: 'POST',
    path: `${w}/flows/:flow/forecast`,
    schema: starts.Forecast,
    body: starts.ForecastRequest,
    answer: (scene) => scene.forecast,
  },
  {
    method: 'GET',
    path: `${w}/flows/:flow/backfills`,
    schema: starts.BackfillList,
    answer: (scene) => ({ items: scene.backfills }),
  },
  {
    method: 'POST',
    path: `${w}/flows/:flow/backfill`,
    schema: starts.BackfillView,
    body: starts.BackfillRequest,
    answer: (scene, { body }: { body: starts.BackfillRequest }) => {
      const half = '2026-10-15'
      const parts = [
        { from: body.from, to: half, run: null, state: null },
        { from: half, to: body.to, run: null, state: null },
      ]
      const made: starts.BackfillView = {
        id: body.dry ? null : id(12, 50 + scene.backfills.length),
        flow: id(2, 1),
        from: body.from,
        to: body.to,
        quiet: body.quiet ?? true,
        reads: [{ node: 'invoices', name: 'Read invoices', by: 'invoice date' }],
        chunks: parts,
        createdAt: body.dry ? null : ago(0),
        by: body.dry ? null : 'Jana Weiss',
      }
      if (!body.dry) scene.backfills.unshift(made)
      return made
    },
  },
  {
    method: 'POST',
    path: `${w}/flows/:flow/backfills/:backfill/cancel`,
    schema: starts.BackfillView,
    answer: (scene, { params }) => {
      const place = scene.backfills.findIndex((one) => one.id === params['backfill'])
      const found = scene.backfills[place]
      if (found === undefined) return missing('back-fill')
      const chunks = found.chunks.map((chunk) =>
        chunk.state === null || chunk.state === 'running' ? { ...chunk, state: 'cancelled' } : chunk,
      )
      scene.backfills[place] = { ...found, chunks }
      return scene.backfills[place]
    },
  },
  {
    method: 'POST',
    path: `${w}/flows/:flow/resync`,
    schema: runs.RunView,
    body: starts.ResyncRequest,
    answer: (scene, { body }: { body: starts.ResyncRequest }) =>
      queued(scene, { cause: 'resync', began: body.keys.join(', ') }),
  },
]

const hookRoutes = (w: string): readonly Route[] => [
  {
    method: 'GET',
    path: `${w}/flows/:flow/hooks`,
    schema: hooks.HookList,
    answer: (scene) => ({ items: scene.hooks }),
  },
  {
    method: 'POST',
    path: `${w}/flows/:flow/hooks/:hook/secret`,
    schema: hooks.NewSecret,
    body: hooks.NewSecretRequest,
    answer: (scene, { params }) => {
      const place = scene.hooks.findIndex((one) => one.id === params['hook'])
      const found = scene.hooks[place]
      if (found === undefined) return missing('hook')
      const hook = { ...found, secretEnds: 'n3Ws', open: true, reason: null }
      scene.hooks[place] = hook
      return { hook, secret: 'whsec_not-a-real-secret-n3Ws' }
    },
  },
  {
    method: 'GET',
    path: `${w}/flows/:flow/hooks/:hook/events`,
    schema: hooks.EventList,
    query: hooks.EventListQuery,
    answer: (scene, { params }) => ({
      items: params['hook'] === scene.hooks[0]?.id ? scene.events.map(({ content: _, ...view }) => view) : [],
      next: null,
    }),
  },
  {
    method: 'GET',
    path: `${w}/flows/:flow/hooks/:hook/events/:event`,
    schema: hooks.EventDetail,
    answer: (scene, { params }) => scene.events.find((one) => one.id === params['event']) ?? missing('event'),
  },
]
