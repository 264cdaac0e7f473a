import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { PeriodChanges, PeriodDocuments, SignOffList } from '../../server/contract/period-documents.ts'
import type { CheckView, PeriodFlow, PeriodView, ReopenRequest, SignOffRequest } from '../../server/contract/periods.ts'
import { addressOf, path, request } from '../request.ts'
import { LIVE_MS, SLOW_MS } from '../run/followed.ts'

// Whether a month agrees: one function per route, as in api.ts.

export const startCheck = (workspace: string, period: string, flow: string) =>
  request<CheckView>('POST', path`/workspaces/${workspace}/periods/${period}/flows/${flow}/check`)
export const signOff = (workspace: string, period: string, flow: string, body: SignOffRequest) =>
  request<PeriodFlow>('POST', path`/workspaces/${workspace}/periods/${period}/flows/${flow}/sign-off`, { body })

export const reopen = (workspace: string, period: string, flow: string, body: ReopenRequest) =>
  request<PeriodFlow>('POST', path`/workspaces/${workspace}/periods/${period}/flows/${flow}/reopen`, { body })

/** Where a browser gets the month as CSV; with `run` as it was signed by that check. */
export const monthFile = (workspace: string, period: string, run?: string): string =>
  addressOf(path`/workspaces/${workspace}/periods/${period}/export`, { run })

export const goesOn = ({ latest }: Pick<PeriodFlow, 'latest'>): boolean =>
  latest !== null && ['queued', 'running', 'waiting', 'paused'].includes(latest.state)

/** Whatever is kept of months, and who signed them. */
export const allPeriods = (workspace: string) => [workspace, 'periods']
export const periodKey = (workspace: string, period: string) => [...allPeriods(workspace), period]
export const periodQuery = (workspace: string, period: string) =>
  queryOptions({
    queryKey: periodKey(workspace, period),
    queryFn: ({ signal }) => request<PeriodView>('GET', path`/workspaces/${workspace}/periods/${period}`, { signal }),
    refetchInterval: ({ state }) => (state.data?.flows.some(goesOn) ? LIVE_MS : SLOW_MS),
  })

type Of = { readonly flow?: string | undefined; readonly currency?: string | undefined }
const paged = {
  initialPageParam: undefined as string | undefined, // the first page has no cursor
  getNextPageParam: (page: { readonly next: string | null }) => page.next ?? undefined,
}

export const differingQuery = (workspace: string, period: string, of: Of) =>
  infiniteQueryOptions({
    queryKey: [...periodKey(workspace, period), 'differing', of],
    queryFn: ({ pageParam, signal }) =>
      request<PeriodDocuments>('GET', path`/workspaces/${workspace}/periods/${period}/documents`, {
        query: { ...of, only: 'differing', cursor: pageParam },
        signal,
      }),
    ...paged,
  })

export const changesQuery = (workspace: string, period: string, flow: string) =>
  infiniteQueryOptions({
    queryKey: [...periodKey(workspace, period), 'changes', flow],
    queryFn: ({ pageParam, signal }) =>
      request<PeriodChanges>('GET', path`/workspaces/${workspace}/periods/${period}/flows/${flow}/changes`, {
        query: { cursor: pageParam },
        signal,
      }),
    ...paged,
  })

export const signOffsQuery = (workspace: string) =>
  infiniteQueryOptions({
    queryKey: [...allPeriods(workspace), 'sign-offs'],
    queryFn: ({ pageParam, signal }) =>
      request<SignOffList>('GET', path`/workspaces/${workspace}/sign-offs`, { query: { cursor: pageParam }, signal }),
    ...paged,
    staleTime: SLOW_MS,
  })
