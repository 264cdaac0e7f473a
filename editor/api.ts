import type {
  AnswersHistory,
  AnswersRequest,
  AnswersView,
  PolicyChange,
  PolicyPage,
  PolicyRequest,
} from '../server/contract/answers.ts'
import type { CatalogAnswer } from '../server/contract/catalog.ts'
import type {
  AuthorizeAnswer,
  ConnectionList,
  ConnectionNeeds,
  ConnectionPatch,
  ConnectionView,
  NewConnection,
  OptionList,
  TestResult,
} from '../server/contract/connections.ts'
import type {
  BindingList,
  BindingsRequest,
  Draft,
  FlowList,
  FlowPatch,
  FlowView,
  ProblemList,
  Published,
  PublishRequest,
  Version,
  VersionList,
} from '../server/contract/flows.ts'
import type { TurnOnRequest } from '../server/contract/turn-on.ts'
import type { AuditList } from '../server/contract/audit.ts'
import type {
  DraftSession,
  DraftSessionList,
  LeaseRequest,
  LeaseView,
  PreviewAnswer,
  PreviewRequest,
} from '../server/contract/drafts.ts'
import type {
  CreatedInvitation,
  CreatedToken,
  InvitationAccept,
  InvitationCard,
  InvitationList,
  InvitationLook,
  Me,
  MemberList,
  MemberPatch,
  MemberView,
  NewInvitation,
  NewToken,
  PasswordChange,
  SessionList,
  SetupRequest,
  SetupState,
  SignInRequest,
  TokenList,
} from '../server/contract/people.ts'
import type { SettleAnswer, SettleRequest, UnknownDetail, UnknownList } from '../server/contract/effects.ts'
import type {
  DismissManyAnswer,
  DismissManyRequest,
  ExceptionDetail,
  ExceptionList,
  ExceptionView,
  RetryAnswer,
  RetryOneRequest,
  RetryRequest,
} from '../server/contract/exceptions.ts'
import type { EventDetail, EventList, HookList, NewSecret, NewSecretRequest } from '../server/contract/hooks.ts'
import type { TracePatch, TraceSettings } from '../server/contract/traces.ts'
import type { LanePatch, Lanes } from '../server/contract/lanes.ts'
import type {
  BackfillList,
  BackfillRequest,
  BackfillView,
  DryRunRequest,
  Forecast,
  ForecastRequest,
  NextDueList,
  ResyncRequest,
} from '../server/contract/run-starts.ts'
import type {
  EffectSummary,
  NodeStepList,
  Payload,
  RerunCount,
  RerunRequest,
  RevealRequest,
  RunList,
  RunView,
  StepList,
  Waterfall,
  WaterfallQuery,
} from '../server/contract/runs.ts'
import type { RecordHistory } from '../server/contract/search.ts'
import type {
  FlowTemplate,
  InstallRequest,
  Taken,
  TemplateList,
  TemplateView,
  WhatIfRequest,
  WhatIfView,
} from '../server/contract/templates.ts'
import type { Flow } from '../server/flow/document/flow.ts'
import type { ExceptionsAsked } from './exception/requests.ts'
import { path, request } from './request.ts'
import type { RunsAsked } from './run/asked-runs.ts'
import type {
  LiftRequest,
  SuppressionAnswer,
  SuppressionFound,
  SuppressionList,
  SuppressionLookUp,
  SuppressionRequest,
  SuppressionView,
} from '../server/contract/suppressions.ts'

// One function per route. Types are the contract's; the server checks requests and answers by the same schemas.

type Signal = { readonly signal?: AbortSignal }
type PageAsked = { readonly cursor?: string | undefined; readonly limit?: number }

// Who is here.
export const setupState = (options: Signal = {}) => request<SetupState>('GET', '/setup', options)
export const setUp = (body: SetupRequest) => request<Me>('POST', '/setup', { body })
export const signIn = (body: SignInRequest) => request<Me>('POST', '/session', { body })
export const signOut = () => request<void>('DELETE', '/session')
export const me = (options: Signal = {}) => request<Me>('GET', '/me', options)
export const tokens = (workspace: string, options: Signal = {}) =>
  request<TokenList>('GET', path`/workspaces/${workspace}/tokens`, options)
export const createToken = (workspace: string, body: NewToken) =>
  request<CreatedToken>('POST', path`/workspaces/${workspace}/tokens`, { body })
export const revokeToken = (workspace: string, token: string) =>
  request<void>('DELETE', path`/workspaces/${workspace}/tokens/${token}`)

// People.
export const members = (workspace: string, options: Signal = {}) =>
  request<MemberList>('GET', path`/workspaces/${workspace}/members`, options)
export const changeRole = (workspace: string, user: string, body: MemberPatch) =>
  request<MemberView>('PATCH', path`/workspaces/${workspace}/members/${user}`, { body })
export const removeMember = (workspace: string, user: string) =>
  request<void>('DELETE', path`/workspaces/${workspace}/members/${user}`)
export const invitations = (workspace: string, options: Signal = {}) =>
  request<InvitationList>('GET', path`/workspaces/${workspace}/invitations`, options)
export const invite = (workspace: string, body: NewInvitation) =>
  request<CreatedInvitation>('POST', path`/workspaces/${workspace}/invitations`, { body })
export const revokeInvitation = (workspace: string, id: string) =>
  request<void>('DELETE', path`/workspaces/${workspace}/invitations/${id}`)
export const lookAtInvitation = (body: InvitationLook, options: Signal = {}) =>
  request<InvitationCard>('POST', '/invitations/look', { body, ...options })
export const acceptInvitation = (body: InvitationAccept) => request<Me>('POST', '/invitations/accept', { body })

// Oneself.
export const ownSessions = (options: Signal = {}) => request<SessionList>('GET', '/me/sessions', options)
export const endSession = (id: string) => request<void>('DELETE', path`/me/sessions/${id}`)
export const endOtherSessions = () => request<void>('DELETE', '/me/sessions')
export const changePassword = (body: PasswordChange) => request<void>('PUT', '/me/password', { body })

// Who did what.
export const audit = (
  workspace: string,
  query: {
    readonly action?: string | undefined
    readonly actor?: string | undefined
    readonly cursor?: number | undefined
  },
  options: Signal = {},
) => request<AuditList>('GET', path`/workspaces/${workspace}/audit`, { query, ...options })

// What can be connected.
export const catalog = (options: Signal = {}) => request<CatalogAnswer>('GET', '/catalog', options)

// Flows.
export const flows = (workspace: string, options: Signal = {}) =>
  request<FlowList>('GET', path`/workspaces/${workspace}/flows`, options)
export const importFlow = (workspace: string, text: string) =>
  request<FlowView>('POST', path`/workspaces/${workspace}/flows/import`, { text })
export const flow = (workspace: string, id: string, options: Signal = {}) =>
  request<FlowView>('GET', path`/workspaces/${workspace}/flows/${id}`, options)
export const changeFlow = (workspace: string, id: string, body: FlowPatch) =>
  request<FlowView>('PATCH', path`/workspaces/${workspace}/flows/${id}`, { body })
export const draft = (workspace: string, id: string, options: Signal = {}) =>
  request<Draft>('GET', path`/workspaces/${workspace}/flows/${id}/draft`, options)
export const saveDraft = (workspace: string, id: string, document: Flow, revision: number) =>
  request<Draft>('PUT', path`/workspaces/${workspace}/flows/${id}/draft`, {
    body: document,
    headers: { 'if-match': `"${revision}"` },
  })
export const draftSessions = (workspace: string, id: string, options: Signal = {}) =>
  request<DraftSessionList>('GET', path`/workspaces/${workspace}/flows/${id}/draft/sessions`, options)
export const draftSession = (workspace: string, id: string, session: number, options: Signal = {}) =>
  request<DraftSession>('GET', path`/workspaces/${workspace}/flows/${id}/draft/sessions/${session}`, options)
export const nameDraft = (workspace: string, id: string, name: string) =>
  request<DraftSessionList>('POST', path`/workspaces/${workspace}/flows/${id}/draft/name`, { body: { name } })
export const lease = (workspace: string, id: string, body: LeaseRequest) =>
  request<LeaseView>('POST', path`/workspaces/${workspace}/flows/${id}/lease`, { body, keepalive: true })
export const preview = (workspace: string, id: string, body: PreviewRequest, options: Signal = {}) =>
  request<PreviewAnswer>('POST', path`/workspaces/${workspace}/flows/${id}/preview`, { body, ...options })
export const dryRun = (workspace: string, id: string, body: DryRunRequest) =>
  request<RunView>('POST', path`/workspaces/${workspace}/flows/${id}/dry-run`, { body })
export const validate = (workspace: string, id: string, options: Signal = {}) =>
  request<ProblemList>('POST', path`/workspaces/${workspace}/flows/${id}/validate`, options)
export const publish = (workspace: string, id: string, body: PublishRequest) =>
  request<Published>('POST', path`/workspaces/${workspace}/flows/${id}/publish`, { body })
export const versions = (workspace: string, id: string, options: Signal = {}) =>
  request<VersionList>('GET', path`/workspaces/${workspace}/flows/${id}/versions`, options)
export const version = (workspace: string, id: string, number: number, options: Signal = {}) =>
  request<Version>('GET', path`/workspaces/${workspace}/flows/${id}/versions/${number}`, options)
export const restore = (workspace: string, id: string, number: number) =>
  request<Draft>('POST', path`/workspaces/${workspace}/flows/${id}/versions/${number}/restore`)
export const switchFlow = (
  workspace: string,
  id: string,
  on: boolean,
  more: {
    readonly backlog?: 'missed-too' | 'from-now' | undefined
    readonly basis?: string | undefined
    readonly again?: TurnOnRequest | undefined
  } = {},
) => request<FlowView>('POST', path`/workspaces/${workspace}/flows/${id}/switch`, { body: { on, ...more } })
export const setTurnOn = (workspace: string, id: string, body: TurnOnRequest) =>
  request<FlowView>('PUT', path`/workspaces/${workspace}/flows/${id}/turn-on`, { body })
export const dropTurnOn = (workspace: string, id: string) =>
  request<FlowView>('DELETE', path`/workspaces/${workspace}/flows/${id}/turn-on`)
export const runNow = (workspace: string, id: string) =>
  request<RunView>('POST', path`/workspaces/${workspace}/flows/${id}/run`, { body: {} })
export const bindings = (workspace: string, id: string, options: Signal = {}) =>
  request<BindingList>('GET', path`/workspaces/${workspace}/flows/${id}/bindings`, options)
export const bind = (workspace: string, id: string, body: BindingsRequest) =>
  request<BindingList>('PUT', path`/workspaces/${workspace}/flows/${id}/bindings`, { body })
export const templates = (workspace: string, options: Signal = {}) =>
  request<TemplateList>('GET', path`/workspaces/${workspace}/templates`, options)
export const fromTemplate = (workspace: string, template: string) =>
  request<FlowView>('POST', path`/workspaces/${workspace}/templates/${template}`)

export const template = (workspace: string, id: string, options: Signal = {}) =>
  request<TemplateView>('GET', path`/workspaces/${workspace}/templates/${id}`, options)
export const install = (workspace: string, template: string, body: InstallRequest) =>
  request<FlowView>('POST', path`/workspaces/${workspace}/templates/${template}/install`, { body })
export const whatIf = (workspace: string, template: string, body: WhatIfRequest) =>
  request<WhatIfView>('POST', path`/workspaces/${workspace}/templates/${template}/what-if`, { body })
export const flowTemplate = (workspace: string, id: string, options: Signal = {}) =>
  request<FlowTemplate>('GET', path`/workspaces/${workspace}/flows/${id}/template`, options)
export const takeTemplate = (workspace: string, id: string, body: { revision: number }) =>
  request<Taken>('POST', path`/workspaces/${workspace}/flows/${id}/template/take`, { body })

// What is said of a flow outside its versions.
export const answers = (workspace: string, id: string, options: Signal = {}) =>
  request<AnswersView>('GET', path`/workspaces/${workspace}/flows/${id}/answers`, options)
export const answer = (workspace: string, id: string, body: AnswersRequest) =>
  request<AnswersView>('PUT', path`/workspaces/${workspace}/flows/${id}/answers`, { body })
export const answersHistory = (workspace: string, id: string, options: Signal = {}) =>
  request<AnswersHistory>('GET', path`/workspaces/${workspace}/flows/${id}/answers/history`, options)
export const policy = (workspace: string, options: Signal = {}) =>
  request<PolicyPage>('GET', path`/workspaces/${workspace}/policy`, options)
export const changePolicy = (workspace: string, body: PolicyRequest) =>
  request<PolicyChange>('PUT', path`/workspaces/${workspace}/policy`, { body })

// What begins a flow, beside its switch.
export const schedule = (workspace: string, id: string, options: Signal = {}) =>
  request<NextDueList>('GET', path`/workspaces/${workspace}/flows/${id}/schedule`, options)
export const forecast = (workspace: string, id: string, body: ForecastRequest, options: Signal = {}) =>
  request<Forecast>('POST', path`/workspaces/${workspace}/flows/${id}/forecast`, { body, ...options })
export const backfill = (workspace: string, id: string, body: BackfillRequest, options: Signal = {}) =>
  request<BackfillView>('POST', path`/workspaces/${workspace}/flows/${id}/backfill`, { body, ...options })
export const backfills = (workspace: string, id: string, options: Signal = {}) =>
  request<BackfillList>('GET', path`/workspaces/${workspace}/flows/${id}/backfills`, options)
export const cancelBackfill = (workspace: string, id: string, backfill: string) =>
  request<BackfillView>('POST', path`/workspaces/${workspace}/flows/${id}/backfills/${backfill}/cancel`)
export const resync = (workspace: string, id: string, body: ResyncRequest) =>
  request<RunView>('POST', path`/workspaces/${workspace}/flows/${id}/resync`, { body })
export const hooks = (workspace: string, id: string, options: Signal = {}) =>
  request<HookList>('GET', path`/workspaces/${workspace}/flows/${id}/hooks`, options)
export const newSecret = (workspace: string, id: string, hook: string, body: NewSecretRequest) =>
  request<NewSecret>('POST', path`/workspaces/${workspace}/flows/${id}/hooks/${hook}/secret`, { body })
export const hookEvents = (workspace: string, id: string, hook: string, query: PageAsked, options: Signal = {}) =>
  request<EventList>('GET', path`/workspaces/${workspace}/flows/${id}/hooks/${hook}/events`, { query, ...options })
export const hookEvent = (workspace: string, id: string, hook: string, event: string, options: Signal = {}) =>
  request<EventDetail>('GET', path`/workspaces/${workspace}/flows/${id}/hooks/${hook}/events/${event}`, options)

// Runs.
export const runs = (workspace: string, query: RunsAsked & PageAsked, options: Signal = {}) =>
  request<RunList>('GET', path`/workspaces/${workspace}/runs`, { query, ...options })
export const run = (workspace: string, id: string, options: Signal = {}) =>
  request<RunView>('GET', path`/workspaces/${workspace}/runs/${id}`, options)
export const runSteps = (workspace: string, id: string, options: Signal = {}) =>
  request<NodeStepList>('GET', path`/workspaces/${workspace}/runs/${id}/steps`, options)
export const runBatches = (
  workspace: string,
  id: string,
  query: { readonly node?: string; readonly after?: string | undefined; readonly limit?: number },
  options: Signal = {},
) => request<StepList>('GET', path`/workspaces/${workspace}/runs/${id}/batches`, { query, ...options })
export type PayloadAsked = Omit<RevealRequest, 'reason' | 'contains'>
/** With its values hidden. */
export const payload = (workspace: string, id: string, query: PayloadAsked, options: Signal = {}) =>
  request<Payload>('GET', path`/workspaces/${workspace}/runs/${id}/payload`, { query, ...options })
/** With its values; the audit log keeps who asked and why. */
export const reveal = (workspace: string, id: string, body: RevealRequest, options: Signal = {}) =>
  request<Payload>('POST', path`/workspaces/${workspace}/runs/${id}/payload/reveal`, { body, ...options })
export const runEffects = (workspace: string, id: string, options: Signal = {}) =>
  request<EffectSummary>('GET', path`/workspaces/${workspace}/runs/${id}/effects`, options)
export const waterfall = (workspace: string, id: string, query: WaterfallQuery, options: Signal = {}) =>
  request<Waterfall>('GET', path`/workspaces/${workspace}/runs/${id}/waterfall`, { query, ...options })
export const cancelRun = (workspace: string, id: string) =>
  request<RunView>('POST', path`/workspaces/${workspace}/runs/${id}/cancel`)
export const pauseRun = (workspace: string, id: string) =>
  request<RunView>('POST', path`/workspaces/${workspace}/runs/${id}/pause`)
export const resumeRun = (workspace: string, id: string) =>
  request<RunView>('POST', path`/workspaces/${workspace}/runs/${id}/resume`)
export const rerun = (workspace: string, id: string, body: Omit<RerunRequest, 'dry'>) =>
  request<RunView>('POST', path`/workspaces/${workspace}/runs/${id}/rerun`, { body })
/** What that would take up; nothing begins. */
export const countRerun = (workspace: string, id: string, body: Omit<RerunRequest, 'dry'>, options: Signal = {}) =>
  request<RerunCount>('POST', path`/workspaces/${workspace}/runs/${id}/rerun`, {
    body: { ...body, dry: true },
    ...options,
  })

// Exceptions.
export const exceptions = (workspace: string, query: ExceptionsAsked & PageAsked, options: Signal = {}) =>
  request<ExceptionList>('GET', path`/workspaces/${workspace}/exceptions`, { query, ...options })
export const exception = (workspace: string, id: string, options: Signal = {}) =>
  request<ExceptionDetail>('GET', path`/workspaces/${workspace}/exceptions/${id}`, options)
export const dismissException = (workspace: string, id: string, reason: string) =>
  request<ExceptionView>('POST', path`/workspaces/${workspace}/exceptions/${id}/dismiss`, { body: { reason } })
export const retryExceptions = (workspace: string, body: RetryRequest, options: Signal = {}) =>
  request<RetryAnswer>('POST', path`/workspaces/${workspace}/exceptions/retry`, { body, ...options })
export const retryException = (workspace: string, id: string, body: RetryOneRequest) =>
  request<ExceptionView>('POST', path`/workspaces/${workspace}/exceptions/${id}/retry`, { body })
export const dismissExceptions = (workspace: string, body: DismissManyRequest) =>
  request<DismissManyAnswer>('POST', path`/workspaces/${workspace}/exceptions/dismiss`, { body })

// Effects of which nobody can tell whether they arrived.
export type UnknownsAsked = {
  readonly flow?: string | undefined
  readonly run?: string | undefined
  readonly connection?: string | undefined
}
export const unknowns = (workspace: string, query: UnknownsAsked & PageAsked, options: Signal = {}) =>
  request<UnknownList>('GET', path`/workspaces/${workspace}/unknown-effects`, { query, ...options })
export const unknown = (workspace: string, call: string, position: number, options: Signal = {}) =>
  request<UnknownDetail>('GET', path`/workspaces/${workspace}/unknown-effects/${call}/${position}`, options)
export const settle = (workspace: string, body: SettleRequest) =>
  request<SettleAnswer>('POST', path`/workspaces/${workspace}/unknown-effects/settle`, { body })

// Who was erased and must not come back.
export const suppressions = (workspace: string, query: PageAsked, options: Signal = {}) =>
  request<SuppressionList>('GET', path`/workspaces/${workspace}/suppressions`, { query, ...options })
export const lookUpSuppression = (workspace: string, body: SuppressionLookUp) =>
  request<SuppressionFound>('POST', path`/workspaces/${workspace}/suppressions/look-up`, { body })
export const addSuppression = (workspace: string, body: SuppressionRequest) =>
  request<SuppressionAnswer>('POST', path`/workspaces/${workspace}/suppressions`, { body })
export const liftSuppression = (workspace: string, id: string, body: LiftRequest) =>
  request<SuppressionView>('POST', path`/workspaces/${workspace}/suppressions/${id}/lift`, { body })

// What happened to one record; who works, and what waits.
export const recordHistory = (
  workspace: string,
  query: { readonly key: string; readonly before?: string | undefined; readonly limit?: number },
  options: Signal = {},
) => request<RecordHistory>('GET', path`/workspaces/${workspace}/records`, { query, ...options })
export const traces = (workspace: string, options: Signal = {}) =>
  request<TraceSettings>('GET', path`/workspaces/${workspace}/traces`, options)
export const changeTraces = (workspace: string, body: TracePatch) =>
  request<TraceSettings>('PATCH', path`/workspaces/${workspace}/traces`, { body })
export const lanes = (workspace: string, options: Signal = {}) =>
  request<Lanes>('GET', path`/workspaces/${workspace}/lanes`, options)
export const changeLane = (workspace: string, lane: Lanes['lanes'][number]['lane'], body: LanePatch) =>
  request<Lanes>('PATCH', path`/workspaces/${workspace}/lanes/${lane}`, { body })

// Connections.
export const connections = (workspace: string, options: Signal = {}) =>
  request<ConnectionList>('GET', path`/workspaces/${workspace}/connections`, options)
export const connection = (workspace: string, id: string, options: Signal = {}) =>
  request<ConnectionView>('GET', path`/workspaces/${workspace}/connections/${id}`, options)
export const connectionOptions = (
  workspace: string,
  id: string,
  source: string,
  query: { readonly search?: string | undefined },
  options: Signal = {},
) =>
  request<OptionList>('GET', path`/workspaces/${workspace}/connections/${id}/options/${source}`, { query, ...options })
export const connectionNeeds = (workspace: string, id: string, options: Signal = {}) =>
  request<ConnectionNeeds>('GET', path`/workspaces/${workspace}/connections/${id}/needs`, options)
export const createConnection = (workspace: string, body: NewConnection) =>
  request<ConnectionView>('POST', path`/workspaces/${workspace}/connections`, { body })
export const changeConnection = (workspace: string, id: string, body: ConnectionPatch) =>
  request<ConnectionView>('PATCH', path`/workspaces/${workspace}/connections/${id}`, { body })
export const testConnection = (workspace: string, id: string) =>
  request<TestResult>('POST', path`/workspaces/${workspace}/connections/${id}/test`)
export const authorize = (workspace: string, id: string) =>
  request<AuthorizeAnswer>('POST', path`/workspaces/${workspace}/connections/${id}/authorize`)
