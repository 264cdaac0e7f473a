import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { ExceptionView } from '../server/contract/exceptions.ts'
import type { RunState, RunView } from '../server/contract/runs.ts'
import * as api from './api.ts'

// What is read, under which key it is kept, and when it is read again by itself: every 2 seconds while something on the
// page is under way, else only when the window is looked at again.

const LIVE_MS = 2_000

export const underWay = (state: RunState): boolean => state === 'queued' || state === 'running' || state === 'waiting'

export const sessionQuery = queryOptions({
  queryKey: ['me'],
  queryFn: ({ signal }) => api.me({ signal }),
  staleTime: 60_000,
})

/** Connectors and operations change only with the program. */
export const catalogQuery = queryOptions({
  queryKey: ['catalog'],
  queryFn: ({ signal }) => api.catalog({ signal }),
  staleTime: Number.POSITIVE_INFINITY,
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

export const draftQuery = (workspace: string, id: string) =>
  queryOptions({
    queryKey: [workspace, 'flows', id, 'draft'],
    queryFn: ({ signal }) => api.draft(workspace, id, { signal }),
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

export const bindingsQuery = (workspace: string, id: string) =>
  queryOptions({
    queryKey: [workspace, 'flows', id, 'bindings'],
    queryFn: ({ signal }) => api.bindings(workspace, id, { signal }),
  })

export const templatesQuery = (workspace: string) =>
  queryOptions({ queryKey: [workspace, 'templates'], queryFn: ({ signal }) => api.templates(workspace, { signal }) })

export const runsQuery = (
  workspace: string,
  filters: { readonly flow?: string | undefined; readonly state?: RunState | undefined; readonly limit?: number },
) =>
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
    refetchInterval: (query) => (query.state.data && underWay(query.state.data.state) ? LIVE_MS : false),
  })

/** What belongs to a run is read again while the run is under way, and once more when it has ended. */
const alongRun = (run: RunView) => ({ refetchInterval: underWay(run.state) ? LIVE_MS : (false as const) })

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
    queryKey: [workspace, 'runs', 'one', run.id, 'batches', node, run.batches],
    queryFn: ({ pageParam, signal }) =>
      api.runBatches(workspace, run.id, { node, after: pageParam, limit: 50 }, { signal }),
    initialPageParam: undefined as string | undefined, // the first page has no cursor
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: (before) => before,
  })

export const payloadQuery = (
  workspace: string,
  run: string,
  place: { readonly node: string; readonly batch: number; readonly kind: string },
) =>
  infiniteQueryOptions({
    queryKey: [workspace, 'runs', 'one', run, 'payload', place],
    queryFn: ({ pageParam, signal }) =>
      api.payload(workspace, run, { ...place, offset: pageParam, limit: 50 }, { signal }),
    initialPageParam: 0,
    getNextPageParam: (page) => page.next ?? undefined,
    // What a settled batch carried does not change.
    staleTime: Number.POSITIVE_INFINITY,
  })

export const exceptionsQuery = (
  workspace: string,
  filters: {
    readonly state?: ExceptionView['state'] | undefined
    readonly desk?: ExceptionView['desk'] | undefined
    readonly flow?: string | undefined
    readonly run?: string | undefined
    readonly limit?: number
  },
) =>
  infiniteQueryOptions({
    queryKey: [workspace, 'exceptions', filters],
    queryFn: ({ pageParam, signal }) => api.exceptions(workspace, { ...filters, cursor: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined, // the first page has no cursor
    getNextPageParam: (page) => page.next ?? undefined,
  })

export const exceptionQuery = (workspace: string, id: string) =>
  queryOptions({
    queryKey: [workspace, 'exceptions', 'one', id],
    queryFn: ({ signal }) => api.exception(workspace, id, { signal }),
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

export const tokensQuery = (workspace: string) =>
  queryOptions({ queryKey: [workspace, 'tokens'], queryFn: ({ signal }) => api.tokens(workspace, { signal }) })
