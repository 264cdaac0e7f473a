import { queryOptions } from '@tanstack/react-query'
import type { CloseRequest, ClosingView, DeletionList } from '../../server/contract/closing.ts'
import { addressOf, path, request } from '../request.ts'

// Giving a workspace up: one function per route, as in api.ts.

type Signal = { readonly signal?: AbortSignal }
const closing = (workspace: string, options: Signal = {}) =>
  request<ClosingView>('GET', path`/workspaces/${workspace}/closing`, options)
export const close = (workspace: string, body: CloseRequest) =>
  request<ClosingView>('POST', path`/workspaces/${workspace}/closing`, { body })
export const reopen = (workspace: string) => request<ClosingView>('DELETE', path`/workspaces/${workspace}/closing`)
const deletions = (options: Signal = {}) => request<DeletionList>('GET', '/deletions', options)
export const deletionFile = (id: string) => addressOf(path`/deletions/${id}`)

export const closingQuery = (workspace: string) =>
  queryOptions({ queryKey: [workspace, 'closing'], queryFn: ({ signal }) => closing(workspace, { signal }) })
export const deletionsQuery = queryOptions({
  queryKey: ['deletions'],
  queryFn: ({ signal }) => deletions({ signal }),
})
