import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type {
  AlertList,
  AlertMessageList,
  AlertRuleList,
  AlertRuleRequest,
  AlertRuleView,
  AlertView,
} from '../server/contract/alerts.ts'
import { path, request } from './request.ts'

// Alerts of a workspace, and how pages ask for them.

/** Something wrong should not wait for a reload of the page. */
const LOOK_MS = 30_000

export const alertRulesQuery = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, 'alerts', 'rules'],
    queryFn: ({ signal }) => request<AlertRuleList>('GET', path`/workspaces/${workspace}/alert-rules`, { signal }),
  })
export const makeAlertRule = (workspace: string, body: AlertRuleRequest) =>
  request<AlertRuleView>('POST', path`/workspaces/${workspace}/alert-rules`, { body })
export const changeAlertRule = (workspace: string, rule: string, body: AlertRuleRequest) =>
  request<AlertRuleView>('PUT', path`/workspaces/${workspace}/alert-rules/${rule}`, { body })
export const deleteAlertRule = (workspace: string, rule: string) =>
  request<void>('DELETE', path`/workspaces/${workspace}/alert-rules/${rule}`)
export const testAlertRule = (workspace: string, rule: string) =>
  request<{ readonly messages: number }>('POST', path`/workspaces/${workspace}/alert-rules/${rule}/test`)

export const alertsQuery = (workspace: string, state: 'open' | 'resolved') =>
  infiniteQueryOptions({
    queryKey: [workspace, 'alerts', state],
    queryFn: ({ pageParam, signal }) =>
      request<AlertList>('GET', path`/workspaces/${workspace}/alerts`, { query: { state, cursor: pageParam }, signal }),
    initialPageParam: undefined as string | undefined, // the first page has no cursor
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: LOOK_MS,
  })
export const acknowledgeAlert = (workspace: string, alert: string) =>
  request<AlertView>('POST', path`/workspaces/${workspace}/alerts/${alert}/acknowledge`)

export const alertMessagesQuery = (workspace: string) =>
  infiniteQueryOptions({
    queryKey: [workspace, 'alerts', 'messages'],
    queryFn: ({ pageParam, signal }) =>
      request<AlertMessageList>('GET', path`/workspaces/${workspace}/alert-messages`, {
        query: { cursor: pageParam },
        signal,
      }),
    initialPageParam: undefined as string | undefined, // the first page has no cursor
    getNextPageParam: (page) => page.next ?? undefined,
  })
