import { masked } from '../../../server/api/view/mask.ts'
import { CatalogAnswer } from '../../../server/contract/catalog.ts'
import * as connections from '../../../server/contract/connections.ts'
import * as drafts from '../../../server/contract/drafts.ts'
import * as exceptions from '../../../server/contract/exceptions.ts'
import * as flows from '../../../server/contract/flows.ts'
import * as people from '../../../server/contract/people.ts'
import * as runs from '../../../server/contract/runs.ts'
import * as templates from '../../../server/contract/templates.ts'
import { Flow } from '../../../server/flow/document/flow.ts'
import { automationRoutes } from './automation-answers.ts'
import { clientRoutes } from './client-answers.ts'
import { durableRoutes } from './durable-answers.ts'
import { healthRoutes } from './health-answers.ts'
import { causeRoutes } from './cause-answers.ts'
import { FAULT, nowRoutes } from './now-answers.ts'
import { payloadSearchRoutes } from './payload-search-answers.ts'
import { peopleRoutes } from './people-answers.ts'
import { type Params, Refusal, type Route } from './route.ts'
import { setUpRoutes } from './set-up-answers.ts'
import { alertRoutes } from './alert-answers.ts'
import { keptRoutes } from './kept-answers.ts'
import { periodRoutes } from './period-answers.ts'
import { leavingRoutes } from './leaving-answers.ts'
import { suppressionRoutes } from './suppression-answers.ts'
import { trialRoutes } from './trial-answers.ts'
import { ago, flowView, id, runView, type Scene, version } from './scene.ts'

const me = (scene: Scene): people.Me => ({
  user: { id: id(10, 1), email: 'jana@nordwind.example', name: 'Jana Weiss' },
  workspaces: scene.workspaces,
  via: 'session',
  ways: { password: true, secondFactor: scene.secondFactor, sso: false },
  preferences: scene.preferences,
  mail: true,
})

const missing = (what: string): Refusal =>
  new Refusal(404, 'NOT_FOUND', 'Not found', `There is no such ${what} in this workspace.`)
const find = <Item extends { readonly id: string }>(
  items: readonly Item[],
  wanted: string | undefined,
  what: string,
): Item | Refusal => items.find((item) => item.id === wanted) ?? missing(what)

/** A page of a list, as the API pages: `next` is the id of the last one shown. */
function page<Item extends { readonly id: string }>(
  items: readonly Item[],
  query: Params,
): { items: Item[]; next: string | null } {
  const from = query['cursor'] === undefined ? 0 : items.findIndex((item) => item.id === query['cursor']) + 1
  const shown = items.slice(from, from + Number(query['limit'] ?? 50))
  return { items: shown, next: from + shown.length < items.length ? (shown.at(-1)?.id ?? null) : null }
}

/** Replaces one item of a list by what `change` says. */
function replace<Item extends { readonly id: string }>(
  items: Item[],
  wanted: string | undefined,
  change: Partial<Item>,
  what: string,
): Item | Refusal {
  const place = items.findIndex((item) => item.id === wanted)
  const found = items[place]
  if (found === undefined) return missing(what)
  const changed = { ...found, ...change }
  items[place] = changed
  return changed
}

export function answersOf(): readonly Route[] {
  const w = '/workspaces/:workspace'
  return [
    { method: 'GET', path: '/setup', schema: people.SetupState, answer: (scene) => ({ done: scene.setUp }) },
    {
      method: 'POST',
      path: '/setup',
      schema: people.Me,
      body: people.SetupRequest,
      answer: (scene) => {
        scene.setUp = true
        scene.signedIn = true
        return me(scene)
      },
    },
    {
      method: 'POST',
      path: '/session',
      schema: people.Me,
      body: people.SignInRequest,
      answer: (scene, { body }: { body: people.SignInRequest }) => {
        if (body.password !== 'correct horse battery') {
          return new Refusal(401, 'SIGN_IN_REFUSED', 'Not signed in', 'E-mail and password do not belong together.')
        }
        scene.signedIn = true
        return me(scene)
      },
    },
    {
      method: 'DELETE',
      path: '/session',
      answer: (scene) => {
        scene.signedIn = false
      },
    },
    { method: 'GET', path: '/me', schema: people.Me, answer: me },
    { method: 'GET', path: '/catalog', schema: CatalogAnswer, answer: (scene) => scene.catalog },
    ...tokenRoutes(w),
    ...flowRoutes(w),
    ...runRoutes(w),
    ...exceptionRoutes(w),
    ...connectionRoutes(w),
    ...peopleRoutes,
    ...suppressionRoutes,
    ...leavingRoutes,
    ...periodRoutes,
    ...keptRoutes,
    ...alertRoutes,
    ...payloadSearchRoutes(w),
    ...durableRoutes(w),
    ...automationRoutes(w),
    ...nowRoutes(w),
    ...causeRoutes(w),
    ...healthRoutes(w),
    ...setUpRoutes(w),
    ...clientRoutes,
    ...trialRoutes,
  ]
}

const tokenRoutes = (w: string): readonly Route[] => [
  {
    method: 'GET',
    path: `${w}/tokens`,
    schema: people.TokenList,
    answer: (scene) => ({ items: scene.tokens }),
  },
  {
    method: 'POST',
    path: `${w}/tokens`,
    schema: people.CreatedToken,
    body: people.NewToken,
    answer: (scene, { body }: { body: people.NewToken }) => {
      const token = {
        id: id(6, scene.tokens.length + 1),
        name: body.name,
        prefix: 'tl_5e6f7a8b',
        createdAt: new Date().toISOString(),
        expiresAt: null,
        usedAt: null,
        revokedAt: null,
        scopes: null,
        addresses: body.addresses ?? null,
      }
      scene.tokens.unshift(token)
      return { token, secret: 'tl_5e6f7a8b_not-a-real-token' }
    },
  },
  {
    method: 'PATCH',
    path: `${w}/tokens/:token`,
    schema: people.TokenView,
    body: people.TokenChange,
    answer: (scene, { params, body }: { params: { [name: string]: string }; body: people.TokenChange }) =>
      replace(scene.tokens, params['token'], { addresses: body.addresses }, 'token'),
  },
  {
    method: 'DELETE',
    path: `${w}/tokens/:token`,
    answer: (scene, { params }) =>
      replace(scene.tokens, params['token'], { revokedAt: new Date().toISOString() }, 'token'),
  },
]

const flowRoutes = (w: string): readonly Route[] => [
  { method: 'GET', path: `${w}/flows`, schema: flows.FlowList, answer: (scene) => ({ items: scene.flows }) },
  {
    method: 'GET',
    path: `${w}/flows/:flow`,
    schema: flows.FlowView,
    answer: (scene, { params }) => find(scene.flows, params['flow'], 'flow'),
  },
  {
    method: 'GET',
    path: `${w}/flows/:flow/draft`,
    schema: flows.Draft,
    answer: (scene) => ({ document: scene.document, revision: 17, at: new Date().toISOString(), by: 'Jana Weiss' }),
  },
  {
    method: 'PUT',
    path: `${w}/flows/:flow/draft`,
    schema: flows.Draft,
    body: Flow,
    answer: (scene, { body }: { body: Flow }) => {
      scene.document = body
      return { document: body, revision: 18, at: new Date().toISOString(), by: 'Jana Weiss' }
    },
  },
  {
    method: 'GET',
    path: `${w}/flows/:flow/draft/sessions`,
    schema: drafts.DraftSessionList,
    answer: () => ({
      items: [
        {
          number: 2,
          author: 'Ben Ito',
          beganAt: ago(3 * 3_600_000),
          endedAt: ago(2 * 3_600_000),
          firstRevision: 12,
          lastRevision: 16,
          name: null,
        },
        {
          number: 1,
          author: 'Jana Weiss',
          beganAt: ago(90_000_000),
          endedAt: ago(86_400_000),
          firstRevision: 11,
          lastRevision: 11,
          name: 'Before the new tax rates',
        },
      ],
    }),
  },
  {
    method: 'POST',
    path: `${w}/flows/:flow/lease`,
    schema: drafts.LeaseView,
    body: drafts.LeaseRequest,
    answer: (scene, { params }) => ({
      yours: scene.editedBy === undefined,
      holder: {
        name: scene.editedBy ?? 'Jana Weiss',
        since: ago(60_000),
        idleSeconds: 3,
        sameTab: scene.editedBy === undefined,
        you: scene.editedBy === undefined,
      },
      asked: null,
      revision: 17,
      liveVersion: scene.flows.find((one) => one.id === params['flow'])?.liveVersion ?? null,
    }),
  },
  {
    method: 'POST',
    path: `${w}/flows/:flow/preview`,
    schema: drafts.PreviewAnswer,
    body: drafts.PreviewRequest,
    answer: ({ expressionFault: error }) =>
      error ? { ok: false, error } : { ok: true, value: { item: 'TENT-2', price: 310 } },
  },
  {
    method: 'POST',
    path: `${w}/flows/:flow/validate`,
    schema: flows.ProblemList,
    answer: (scene) => ({ problems: scene.problems }),
  },
  {
    method: 'POST',
    path: `${w}/flows/:flow/publish`,
    schema: flows.Published,
    body: flows.PublishRequest,
    answer: (scene, { params, body }: { params: Params; body: flows.PublishRequest }) => {
      const before = scene.flows.find((flow) => flow.id === params['flow'])
      const number = (before?.liveVersion ?? 0) + 1
      scene.versions = [
        version(number, { live: true, summary: body.summary }),
        ...scene.versions.map((one) => ({ ...one, live: false })),
      ]
      const draft = { ...(before?.draft ?? flowView(1).draft), changed: false }
      const flow = replace(scene.flows, params['flow'], { liveVersion: number, draft }, 'flow')
      return flow instanceof Refusal ? flow : { flow, version: scene.versions[0], warnings: [] }
    },
  },
  {
    method: 'GET',
    path: `${w}/flows/:flow/versions`,
    schema: flows.VersionList,
    answer: (scene) => ({ items: scene.versions }),
  },
  {
    method: 'GET',
    path: `${w}/flows/:flow/versions/:number`,
    schema: flows.Version,
    answer: (scene, { params }) => {
      const found =
        scene.versions.find((one) => String(one.number) === params['number']) ?? version(Number(params['number']))
      // Versions before the live one had no filter for paid invoices: there is something to compare.
      const nodes = scene.document.nodes.map((node) =>
        node.id === 'paid' && !found.live ? { ...node, settings: { condition: 'Status != "DRAFT"' } } : node,
      )
      return { ...found, document: { ...scene.document, nodes } }
    },
  },
  {
    method: 'POST',
    path: `${w}/flows/:flow/versions/:number/restore`,
    schema: flows.Draft,
    answer: (scene) => ({ document: scene.document, revision: 18, at: new Date().toISOString(), by: 'Jana Weiss' }),
  },
  {
    method: 'POST',
    path: `${w}/flows/:flow/switch`,
    schema: flows.FlowView,
    body: flows.SwitchRequest,
    answer: (scene, { params, body }: { params: Params; body: flows.SwitchRequest }) =>
      replace(scene.flows, params['flow'], { enabled: body.on, paused: null }, 'flow'),
  },
  {
    method: 'POST',
    path: `${w}/flows/:flow/run`,
    schema: runs.RunView,
    body: flows.RunRequest,
    answer: (scene, { params }) => {
      const flow = scene.flows.find((one) => one.id === params['flow'])
      if (flow === undefined) return missing('flow')
      const run = runView(900, {
        flow: { id: flow.id, name: flow.name },
        state: 'queued',
        cause: 'manual',
        requestedBy: 'Jana Weiss',
        batches: 0,
        counts: {},
        createdAt: new Date().toISOString(),
        startedAt: null,
        endedAt: null,
      })
      scene.runs.unshift(run)
      return run
    },
  },
  {
    method: 'GET',
    path: `${w}/flows/:flow/bindings`,
    schema: flows.BindingList,
    answer: (scene) => ({ items: scene.bindings }),
  },
  {
    method: 'PUT',
    path: `${w}/flows/:flow/bindings`,
    schema: flows.BindingList,
    body: flows.BindingsRequest,
    answer: (scene, { body }: { body: flows.BindingsRequest }) => {
      scene.bindings = scene.bindings.map((binding) => {
        const chosen = scene.connections.find((one) => one.id === body.bindings[binding.slot])
        return chosen ? { ...binding, connection: { id: chosen.id, name: chosen.name, state: chosen.state } } : binding
      })
      return { items: scene.bindings }
    },
  },
  {
    method: 'GET',
    path: `${w}/templates`,
    schema: templates.TemplateList,
    answer: (scene) => ({ items: scene.templates }),
  },
  {
    method: 'POST',
    path: `${w}/templates/:template`,
    schema: flows.FlowView,
    answer: (scene) => {
      const flow = flowView(scene.flows.length + 1, { liveVersion: null, enabled: false, lastRun: null, nextDue: null })
      scene.flows.push(flow)
      return flow
    },
  },
]

const runRoutes = (w: string): readonly Route[] => [
  {
    method: 'GET',
    path: `${w}/runs`,
    schema: runs.RunList,
    query: runs.RunListQuery,
    answer: (scene, { query }) =>
      page(
        scene.runs.filter(
          (run) =>
            (query['flow'] === undefined || run.flow.id === query['flow']) &&
            (query['state'] === undefined || String(query['state']).split(',').includes(run.state)) &&
            (query['code'] === undefined || run.code === query['code']) &&
            (query['text'] === undefined || run.reason?.toLowerCase().includes(query['text'].toLowerCase()) === true) &&
            (query['fault'] === undefined || (query['fault'] === FAULT && run.state === 'failed')) &&
            (query['dry'] === undefined || run.dry === (query['dry'] === 'true')) &&
            (query['cause'] === undefined || run.cause === query['cause']) &&
            (query['backfill'] === undefined || run.backfill === query['backfill']),
        ),
        query,
      ),
  },
  {
    method: 'GET',
    path: `${w}/runs/:run`,
    schema: runs.RunView,
    answer: (scene, { params }) => find(scene.runs, params['run'], 'run'),
  },
  {
    method: 'GET',
    path: `${w}/runs/:run/steps`,
    schema: runs.NodeStepList,
    answer: (scene) => ({ items: scene.steps }),
  },
  {
    method: 'GET',
    path: `${w}/runs/:run/batches`,
    schema: runs.StepList,
    query: runs.StepListQuery,
    answer: (scene, { query }) => ({
      items: scene.batches.filter((step) => query['node'] === undefined || step.node === query['node']),
      next: null,
    }),
  },
  {
    method: 'GET',
    path: `${w}/runs/:run/payload`,
    schema: runs.Payload,
    query: runs.PayloadQuery,
    answer: (scene, { query }) =>
      payloadPage(
        scene.records.map((record) => masked(record)),
        query,
        true,
      ),
  },
  {
    method: 'POST',
    path: `${w}/runs/:run/payload/reveal`,
    schema: runs.Payload,
    body: runs.RevealRequest,
    answer: (scene, { body }: { readonly body: runs.RevealRequest }) => payloadPage(scene.records, body, false),
  },
  { method: 'GET', path: `${w}/runs/:run/effects`, schema: runs.EffectSummary, answer: (scene) => scene.effects },
  {
    method: 'POST',
    path: `${w}/runs/:run/cancel`,
    schema: runs.RunView,
    answer: (scene, { params }) => replace(scene.runs, params['run'], { cancelRequested: true }, 'run'),
  },
]

const exceptionRoutes = (w: string): readonly Route[] => [
  {
    method: 'GET',
    path: `${w}/exceptions`,
    schema: exceptions.ExceptionList,
    query: exceptions.ExceptionListQuery,
    answer: (scene, { query }) => {
      const fitting = scene.exceptions.filter(
        (one) =>
          (query['state'] === undefined || one.state === query['state']) &&
          (query['desk'] === undefined || one.desk === query['desk']) &&
          (query['flow'] === undefined || one.flow.id === query['flow']) &&
          (query['run'] === undefined || one.run === query['run']) &&
          (query['code'] === undefined || one.code === query['code']) &&
          (query['text'] === undefined ||
            `${one.message}\n${one.remote}`.toLowerCase().includes(query['text'].toLowerCase())) &&
          (query['node'] === undefined || one.node === query['node']) &&
          (query['key'] === undefined || one.businessKey === query['key']),
      )
      return page(
        fitting.map(({ record: _, masked: __, ...view }) => view),
        query,
      )
    },
  },
  {
    method: 'GET',
    path: `${w}/exceptions/:exception`,
    schema: exceptions.ExceptionDetail,
    answer: (scene, { params }) => {
      const one = find(scene.exceptions, params['exception'], 'exception')
      return one instanceof Refusal ? one : { ...one, record: masked(one.record) as typeof one.record, masked: true }
    },
  },
  {
    method: 'POST',
    path: `${w}/exceptions/:exception/reveal`,
    schema: exceptions.ExceptionDetail,
    body: exceptions.RevealExceptionRequest,
    answer: (scene, { params }) => find(scene.exceptions, params['exception'], 'exception'),
  },
  {
    method: 'POST',
    path: `${w}/exceptions/:exception/dismiss`,
    schema: exceptions.ExceptionView,
    body: exceptions.DismissRequest,
    answer: (scene, { params, body }: { params: Params; body: exceptions.DismissRequest }) => {
      const change: Partial<exceptions.ExceptionDetail> = {
        state: 'dismissed',
        actions: [],
        resolvedAt: new Date().toISOString(),
        resolvedBy: 'Jana Weiss',
        resolution: body.reason,
      }
      const changed = replace(scene.exceptions, params['exception'], change, 'exception')
      if (changed instanceof Refusal) return changed
      const { record: _, masked: __, ...view } = changed
      return view
    },
  },
]

/** A flow of each: what Xero's login asks for, and what Emarsys said of its permissions at the last test. */
function needsOf({ connector, usedBy }: connections.ConnectionView): connections.ConnectionNeeds {
  const [flow] = connector === 'emarsys' ? [{ id: id(2, 1), name: 'Paid invoices → Emarsys purchases' }] : usedBy
  if (!flow) return { items: [] }
  const use = (steps: string[], live = true) => [{ flow, live, draft: true, steps }]
  if (connector !== 'xero')
    return {
      items: [
        { permission: 'contactlist.contact.add', asked: false, says: 'test', uses: use(['Add to the list']) },
        { permission: 'contact.create', asked: true, says: 'test', uses: use(['Write contacts']) },
        { permission: 'sales data token', asked: null, says: 'test', uses: use(['Send purchases']) },
      ],
    }
  return {
    items: [
      { permission: 'accounting.payments', asked: false, says: 'settings', uses: use(['Book the payment']) },
      {
        permission: 'accounting.reports.aged.read',
        asked: false,
        says: 'settings',
        uses: use(['What is overdue'], false),
      },
      {
        permission: 'accounting.invoices.read',
        asked: true,
        says: 'settings',
        uses: use(['Invoices', 'Credit notes']),
      },
    ],
  }
}

const connectionRoutes = (w: string): readonly Route[] => [
  {
    method: 'GET',
    path: `${w}/connections`,
    schema: connections.ConnectionList,
    answer: (scene) => ({ items: scene.connections }),
  },
  {
    method: 'GET',
    path: `${w}/connections/:connection/options/:source`,
    schema: connections.OptionList,
    query: connections.OptionQuery,
    answer: (_scene, { query }) => ({
      items: [
        { value: '200', label: 'Sales' },
        { value: '260', label: 'Other revenue' },
      ].filter(({ label }) => label.toLowerCase().includes((query['search'] ?? '').toLowerCase())),
      more: false,
    }),
  },
  {
    method: 'GET',
    path: `${w}/connections/:connection`,
    schema: connections.ConnectionView,
    answer: (scene, { params }) => find(scene.connections, params['connection'], 'connection'),
  },
  {
    method: 'GET',
    path: `${w}/connections/:connection/needs`,
    schema: connections.ConnectionNeeds,
    answer: (scene, { params }) => {
      const connection = find(scene.connections, params['connection'], 'connection')
      return connection instanceof Refusal ? connection : needsOf(connection)
    },
  },
  {
    method: 'GET',
    path: `${w}/connections/:connection/accounts`,
    schema: connections.AccountList,
    answer: () => ({
      title: 'Organisation',
      items: [
        { id: '1c4d0f6e-0000-4000-8000-000000000001', name: 'Söderberg AB' },
        { id: '1c4d0f6e-0000-4000-8000-000000000002', name: 'Söderberg Trading Ltd' },
      ],
    }),
  },
  {
    method: 'PUT',
    path: `${w}/connections/:connection/accounts`,
    schema: connections.ConnectionView,
    body: connections.AccountChoice,
    answer: (scene, { params, body }: { params: Params; body: connections.AccountChoice }) =>
      replace(
        scene.connections,
        params['connection'],
        {
          ...{ chooses: false, state: 'ready', stateMessage: null, pinned: { tenantId: body.account } },
          settings: { organisation: 'Söderberg Trading Ltd' },
        },
        'connection',
      ),
  },
  {
    method: 'POST',
    path: `${w}/connections`,
    schema: connections.ConnectionView,
    body: connections.NewConnection,
    answer: (scene, { body }: { body: connections.NewConnection }) => {
      const at = new Date().toISOString()
      const made: connections.ConnectionView = {
        id: id(5, 50 + scene.connections.length),
        connector: body.connector,
        name: body.name,
        login: body.login,
        settings: body.settings,
        pinned: {},
        secretsSet: Object.keys(body.secrets),
        signedIn: false,
        state: 'new',
        stateMessage: null,
        findings: null,
        maxRuns: null,
        chooses: false,
        validUntil: null,
        ends: null,
        budget: null,
        testedAt: null,
        usedOn: null,
        offSince: null,
        turnsOffOn: null,
        usedBy: [],
        createdAt: at,
        updatedAt: at,
      }
      scene.connections.push(made)
      return made
    },
  },
  {
    method: 'PATCH',
    path: `${w}/connections/:connection`,
    schema: connections.ConnectionView,
    body: connections.ConnectionPatch,
    answer: (scene, { params, body }: { params: Params; body: connections.ConnectionPatch }) =>
      replace(
        scene.connections,
        params['connection'],
        {
          ...(body.name ? { name: body.name } : {}),
          ...(body.maxRuns === undefined ? {} : { maxRuns: body.maxRuns }),
          updatedAt: new Date().toISOString(),
        },
        'connection',
      ),
  },
  {
    method: 'DELETE',
    path: `${w}/connections/:connection`,
    schema: connections.GivenBack,
    query: connections.DeleteConnectionQuery,
    answer: (scene, { params }) => {
      scene.connections = scene.connections.filter((one) => one.id !== params['connection'])
      return { signIn: 'revoked' }
    },
  },
  {
    method: 'POST',
    path: `${w}/connections/:connection/disconnect`,
    schema: connections.ConnectionView,
    query: connections.DeleteConnectionQuery,
    answer: (scene, { params }) =>
      replace(
        scene.connections,
        params['connection'],
        { state: 'sign-in-needed', stateMessage: 'Disconnected by Jana Weiss.', signedIn: false, secretsSet: [] },
        'connection',
      ),
  },
  {
    method: 'POST',
    path: `${w}/connections/:connection/test`,
    schema: connections.TestResult,
    answer: (scene, { params }) => {
      const findings = [{ title: 'Sign-in', ok: true, detail: 'The client id and secret were accepted.' }]
      const connection = replace(
        scene.connections,
        params['connection'],
        { state: 'ready', findings, testedAt: new Date().toISOString(), updatedAt: new Date().toISOString() },
        'connection',
      )
      return connection instanceof Refusal ? connection : { ok: true, findings, connection }
    },
  },
  {
    method: 'POST',
    path: `${w}/connections/:connection/authorize`,
    schema: connections.AuthorizeAnswer,
    answer: () => ({ url: 'https://login.xero.example/authorize' }),
  },
]

/** As the server hides: what is no number of a document is. */
function payloadPage(
  records: readonly unknown[],
  asked: { readonly offset?: number | string; readonly limit?: number | string },
  masked: boolean,
): runs.Payload {
  const offset = Number(asked.offset ?? 0)
  const shown = records.slice(offset, offset + Number(asked.limit ?? 50))
  const next = offset + shown.length < records.length ? offset + shown.length : null
  const note = 'Kept: the first 60 and the last 60 of 1,762.'
  return { records: shown, masked, offset, total: 1_762, kept: records.length, next, truncated: false, note }
}
