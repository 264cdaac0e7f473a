import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { Me } from '../server/contract/people.ts'
import type { ForecastRequest } from '../server/contract/run-starts.ts'
import type { RunState, RunView } from '../server/contract/runs.ts'
import * as api from './api.ts'
import { prefer } from './format/preferred.ts'
import * as automations from './automation/requests.ts'
import type { RunsAsked } from './run/asked-runs.ts'
import { isFollowed, LIVE_MS, SLOW_MS } from './run/followed.ts'
import * as care from './exception/requests.ts'

// What is read, under which key it is kept, and when it is read again by itself: every 2 seconds while something on the
// page is under way and does not tell of itself (run/use-live.ts), else only when the window is looked at again.

export const underWay = (state: RunState): boolean => state === 'queued' || state === 'running' || state === 'waiting'

/** A chunk of a back-fill that has a run to come or under way. */
const isOpen = (state: string | null): boolean =>
  state === null || state === 'queued' || state === 'running' || state === 'waiting'

export const sessionQuery = queryOptions({
  queryKey: ['me'],
  queryFn: async ({ signal, client, queryKey }) => {
    const me = await api.me({ signal })
    const before = client.getQueryData<Me>(queryKey)
    // Somebody else has signed in beside this page: what it shows and what was typed into it are not theirs.
    if (before !== undefined && before.user.id !== me.user.id) {
      window.location.assign('/')
      return before
    }
    prefer(me.preferences)
    return me
  },
  staleTime: 60_000,
})

/** Connectors and operations change only with the program. */
export const catalogQuery = queryOptions({
  queryKey: ['catalog'],
  queryFn: ({ signal }) => api.catalog({ signal }),
  staleTime: Number.POSITIVE_INFINITY,
})

export const automationsQuery = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, 'automations'],
    queryFn: ({ signal }) => automations.automations(workspace, { signal }),
    refetchInterval: SLOW_MS,
  })

export const fleetQuery = queryOptions({
  queryKey: ['fleet'],
  queryFn: ({ signal }) => automations.fleet({ signal }),
  refetchInterval: SLOW_MS,
})

/** Costs a call to each other system: asked once, when its dialog is open. */
export const switchPreviewQuery = (workspace: string, flow: string, on: boolean) =>
  queryOptions({
    queryKey: [workspace, 'flows', flow, 'switch', on],
    queryFn: ({ signal }) => automations.switchPreview(workspace, flow, on, { signal }),
    gcTime: 0,
    refetchOnWindowFocus: false,
  })

export const flowsQuery = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, 'flows'],
    queryFn: ({ signal }) => api.flows(workspace, { signal }),
    refetchInterval: (query) =>
      query.state.data?.items.some((flow) => flow.lastRun && underWay(flow.lastRun.state)) ? LIVE_MS : false,
  })

export const flowQuery = (workspace: string, id: string) =>
  queryOptions({
    queryKey: [workspace, 'flows', id],
    queryFn: ({ signal }) => api.flow(workspace, id, { signal }),
    refetchInterval: (query) => {
      const last = query.state.data?.lastRun
      return last && underWay(last.state) ? LIVE_MS : false
    },
  })

export const templateQuery = (workspace: string, id: string) =>
  queryOptions({
    queryKey: [workspace, 'templates', id],
    queryFn: ({ signal }) => api.template(workspace, id, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  })

export const flowTemplateQuery = (workspace: string, id: string) =>
  queryOptions({
    queryKey: [workspace, 'flows', id, 'template'],
    queryFn: ({ signal }) => api.flowTemplate(workspace, id, { signal }),
  })

export const answersQuery = (workspace: string, id: string) =>
  queryOptions({
    queryKey: [workspace, 'flows', id, 'answers'],
    queryFn: ({ signal }) => api.answers(workspace, id, { signal }),
  })

export const answersHistoryQuery = (workspace: string, id: string) =>
  queryOptions({
    queryKey: [workspace, 'flows', id, 'answers', 'history'],
    queryFn: ({ signal }) => api.answersHistory(workspace, id, { signal }),
  })

export const policyQuery = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, 'policy'],
    queryFn: ({ signal }) => api.policy(workspace, { signal }),
  })

export const draftQuery = (workspace: string, id: string) =>
  queryOptions({
    queryKey: [workspace, 'flows', id, 'draft'],
    queryFn: ({ signal }) => api.draft(workspace, id, { signal }),
  })

/** The draft that an editor begins with. Read once for each time it is opened: from then on it lives in its session. */
export const draftToEditQuery = (workspace: string, id: string) =>
  queryOptions({
    queryKey: [workspace, 'flows', id, 'draft', 'to edit'],
    queryFn: ({ signal }) => api.draft(workspace, id, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 10_000,
    refetchOnReconnect: false,
  })

export const problemsQuery = (workspace: string, id: string) =>
  queryOptions({
    queryKey: [workspace, 'flows', id, 'problems'],
    queryFn: ({ signal }) => api.validate(workspace, id, { signal }),
  })

export const versionsQuery = (workspace: string, id: string) =>
  queryOptions({
    queryKey: [workspace, 'flows', id, 'versions'],
    queryFn: ({ signal }) => api.versions(workspace, id, { signal }),
  })

/** A version never changes. */
export const versionQuery = (workspace: string, id: string, number: number) =>
  queryOptions({
    queryKey: [workspace, 'flows', id, 'versions', number],
    queryFn: ({ signal }) => api.version(workspace, id, number, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  })

export const scheduleQuery = (workspace: string, id: string) =>
  queryOptions({
    queryKey: [workspace, 'flows', id, 'schedule'],
    queryFn: ({ signal }) => api.schedule(workspace, id, { signal }),
  })

/** Costs calls to the other systems: asked once while somebody looks at it, not again on every focus. */
export const forecastQuery = (workspace: string, id: string, body: ForecastRequest) =>
  queryOptions({
    queryKey: [workspace, 'flows', id, 'forecast', body],
    queryFn: ({ signal }) => api.forecast(workspace, id, body, { signal }),
    staleTime: 60_000,
    refetchOnWindowFocus: false,
    retry: false,
  })

/** Only says what a back-fill would do. */
export const backfillCountQuery = (workspace: string, id: string, body: Parameters<typeof api.backfill>[2]) =>
  queryOptions({
    queryKey: [workspace, 'flows', id, 'backfill', body],
    queryFn: ({ signal }) => api.backfill(workspace, id, { ...body, dry: true }, { signal }),
    refetchOnWindowFocus: false,
  })

export const backfillsQuery = (workspace: string, id: string) =>
  queryOptions({
    queryKey: [workspace, 'flows', id, 'backfills'],
    queryFn: ({ signal }) => api.backfills(workspace, id, { signal }),
    refetchInterval: (query) =>
      query.state.data?.items.some((one) => one.chunks.some((chunk) => isOpen(chunk.state))) ? LIVE_MS : false,
  })

export const hooksQuery = (workspace: string, id: string) =>
  queryOptions({
    queryKey: [workspace, 'flows', id, 'hooks'],
    queryFn: ({ signal }) => api.hooks(workspace, id, { signal }),
    refetchInterval: SLOW_MS,
  })

export const hookEventsQuery = (workspace: string, id: string, hook: string) =>
  infiniteQueryOptions({
    queryKey: [workspace, 'flows', id, 'hooks', hook, 'events'],
    queryFn: ({ pageParam, signal }) =>
      api.hookEvents(workspace, id, hook, { cursor: pageParam, limit: 20 }, { signal }),
    initialPageParam: undefined as string | undefined, // the first page has no cursor
    getNextPageParam: (page) => page.next ?? undefined,
  })

export const hookEventQuery = (workspace: string, id: string, hook: string, event: string) =>
  queryOptions({
    queryKey: [workspace, 'flows', id, 'hooks', hook, 'events', event],
    queryFn: ({ signal }) => api.hookEvent(workspace, id, hook, event, { signal }),
  })

export const bindingsQuery = (workspace: string, id: string) =>
  queryOptions({
    queryKey: [workspace, 'flows', id, 'bindings'],
    queryFn: ({ signal }) => api.bindings(workspace, id, { signal }),
  })

export const templatesQuery = (workspace: string) =>
  queryOptions({ queryKey: [workspace, 'templates'], queryFn: ({ signal }) => api.templates(workspace, { signal }) })

export const runsQuery = (workspace: string, filters: RunsAsked & { readonly limit?: number }) =>
  infiniteQueryOptions({
    queryKey: [workspace, 'runs', filters],
    queryFn: ({ pageParam, signal }) => api.runs(workspace, { ...filters, cursor: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined, // the first page has no cursor
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: (query) =>
      query.state.data?.pages.some((page) => page.items.some((run) => underWay(run.state))) ? LIVE_MS : false,
  })

export const runQuery = (workspace: string, id: string) =>
  queryOptions({
    queryKey: [workspace, 'runs', 'one', id],
    queryFn: ({ signal }) => api.run(workspace, id, { signal }),
    refetchInterval: (query) => (query.state.data ? pace(query.state.data) : false),
  })

/** A run that is followed tells of its changes; now and then it is asked all the same. */
const pace = (run: Pick<RunView, 'id' | 'state'>): number | false =>
  underWay(run.state) ? (isFollowed(run.id) ? SLOW_MS : LIVE_MS) : false
/** What belongs to a run is read again while the run is under way, and once more when it has ended. */
export const alongRun = (run: RunView) => ({ refetchInterval: () => pace(run) })

export const runStepsQuery = (workspace: string, run: RunView) =>
  queryOptions({
    queryKey: [workspace, 'runs', 'one', run.id, 'steps', underWay(run.state)],
    queryFn: ({ signal }) => api.runSteps(workspace, run.id, { signal }),
    placeholderData: (before) => before,
    ...alongRun(run),
  })

export const runEffectsQuery = (workspace: string, run: RunView) =>
  queryOptions({
    queryKey: [workspace, 'runs', 'one', run.id, 'effects', underWay(run.state)],
    queryFn: ({ signal }) => api.runEffects(workspace, run.id, { signal }),
    placeholderData: (before) => before,
    ...alongRun(run),
  })

export const runBatchesQuery = (workspace: string, run: RunView, node: string) =>
  infiniteQueryOptions({
    queryKey: [workspace, 'runs', 'one', run.id, 'batches', node],
    queryFn: ({ pageParam, signal }) =>
      api.runBatches(workspace, run.id, { node, after: pageParam, limit: 50 }, { signal }),
    initialPageParam: undefined as string | undefined, // the first page has no cursor
    getNextPageParam: (page) => page.next ?? undefined,
    ...alongRun(run),
  })

export const exceptionNotesQuery = (workspace: string, id: string) =>
  queryOptions({
    queryKey: [workspace, 'exceptions', id, 'notes'],
    queryFn: ({ signal }) => care.exceptionNotes(workspace, id, { signal }),
  })

export const exceptionGroupsQuery = (workspace: string, filter: Parameters<typeof care.exceptionGroups>[1]) =>
  queryOptions({
    queryKey: [workspace, 'exceptions', 'groups', filter],
    queryFn: ({ signal }) => care.exceptionGroups(workspace, filter, { signal }),
    refetchInterval: SLOW_MS,
  })

export const exceptionsQuery = (workspace: string, filters: care.ExceptionsAsked & { readonly limit?: number }) =>
  infiniteQueryOptions({
    queryKey: [workspace, 'exceptions', filters],
    queryFn: ({ pageParam, signal }) => api.exceptions(workspace, { ...filters, cursor: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined, // the first page has no cursor
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: (query) =>
      query.state.data?.pages.some((page) => page.items.some((one) => one.state === 'retrying')) ? LIVE_MS : false,
  })

export const exceptionQuery = (workspace: string, id: string) =>
  queryOptions({
    queryKey: [workspace, 'exceptions', 'one', id],
    queryFn: ({ signal }) => api.exception(workspace, id, { signal }),
    refetchInterval: (query) => (query.state.data?.state === 'retrying' ? LIVE_MS : false),
  })

/** Counts what a request would do; counted anew each time it is asked. */
export const retryCountQuery = (workspace: string, body: Parameters<typeof api.retryExceptions>[1]) =>
  queryOptions({
    queryKey: [workspace, 'exceptions', 'count', body],
    queryFn: ({ signal }) => api.retryExceptions(workspace, { ...body, dry: true }, { signal }),
    staleTime: 0,
    gcTime: 0,
    refetchOnWindowFocus: false,
  })

export const unknownsQuery = (workspace: string, filters: api.UnknownsAsked) =>
  infiniteQueryOptions({
    queryKey: [workspace, 'unknowns', filters],
    queryFn: ({ pageParam, signal }) => api.unknowns(workspace, { ...filters, cursor: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined, // the first page has no cursor
    getNextPageParam: (page) => page.next ?? undefined,
  })

export const unknownQuery = (workspace: string, call: string, position: number) =>
  queryOptions({
    queryKey: [workspace, 'unknowns', 'one', call, position],
    queryFn: ({ signal }) => api.unknown(workspace, call, position, { signal }),
  })

export const recordHistoryQuery = (workspace: string, key: string) =>
  infiniteQueryOptions({
    queryKey: [workspace, 'records', key],
    queryFn: ({ pageParam, signal }) => api.recordHistory(workspace, { key, before: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined, // the newest first
    getNextPageParam: (page) => page.next ?? undefined,
  })

/** Read again while somebody looks: what waits changes by itself. */
export const lanesQuery = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, 'lanes'],
    queryFn: ({ signal }) => api.lanes(workspace, { signal }),
    refetchInterval: LIVE_MS,
  })

export const connectionsQuery = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, 'connections'],
    queryFn: ({ signal }) => api.connections(workspace, { signal }),
  })

export const connectionQuery = (workspace: string, id: string) =>
  queryOptions({
    queryKey: [workspace, 'connections', id],
    queryFn: ({ signal }) => api.connection(workspace, id, { signal }),
  })

export const connectionNeedsQuery = (workspace: string, id: string) =>
  queryOptions({
    queryKey: [workspace, 'connections', id, 'needs'],
    queryFn: ({ signal }) => api.connectionNeeds(workspace, id, { signal }),
  })

export const tracesQuery = (workspace: string) =>
  queryOptions({ queryKey: [workspace, 'traces'], queryFn: ({ signal }) => api.traces(workspace, { signal }) })

export const tokensQuery = (workspace: string) =>
  queryOptions({ queryKey: [workspace, 'tokens'], queryFn: ({ signal }) => api.tokens(workspace, { signal }) })

export const suppressionsQuery = (workspace: string) =>
  infiniteQueryOptions({
    queryKey: [workspace, 'suppressions'],
    queryFn: ({ pageParam, signal }) => api.suppressions(workspace, { cursor: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined, // the first page has no cursor
    getNextPageParam: (page) => page.next ?? undefined,
  })

export const membersQuery = (workspace: string) =>
  queryOptions({ queryKey: [workspace, 'members'], queryFn: ({ signal }) => api.members(workspace, { signal }) })

export const auditQuery = (
  workspace: string,
  filter: { readonly action?: string | undefined; readonly actor?: string | undefined },
) =>
  infiniteQueryOptions({
    queryKey: [workspace, 'audit', filter],
    queryFn: ({ pageParam, signal }) => api.audit(workspace, { ...filter, cursor: pageParam }, { signal }),
    initialPageParam: undefined as number | undefined, // the first page has no cursor
    getNextPageParam: (page) => page.next ?? undefined,
  })
