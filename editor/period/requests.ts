import { queryOptions } from '@tanstack/react-query'
import type { CheckView, PeriodFlow, PeriodView, SignOffRequest } from '../../server/contract/periods.ts'
import { path, request } from '../request.ts'
import { LIVE_MS, SLOW_MS } from '../run/followed.ts'

// Whether a month agrees: one function per route, as in api.ts.

export const startCheck = (workspace: string, period: string, flow: string) =>
  request<CheckView>('POST', path`/workspaces/${workspace}/periods/${period}/flows/${flow}/check`)
export const signOff = (workspace: string, period: string, flow: string, body: SignOffRequest) =>
  request<PeriodFlow>('POST', path`/workspaces/${workspace}/periods/${period}/flows/${flow}/sign-off`, { body })

export const goesOn = ({ latest }: Pick<PeriodFlow, 'latest'>): boolean =>
  latest !== null && ['queued', 'running', 'waiting', 'paused'].includes(latest.state)

export const periodKey = (workspace: string, period: string) => [workspace, 'periods', period]
export const periodQuery = (workspace: string, period: string) =>
  queryOptions({
    queryKey: periodKey(workspace, period),
    queryFn: ({ signal }) => request<PeriodView>('GET', path`/workspaces/${workspace}/periods/${period}`, { signal }),
    refetchInterval: ({ state }) => (state.data?.flows.some(goesOn) ? LIVE_MS : SLOW_MS),
  })
