import { queryOptions } from '@tanstack/react-query'
import type {
  AddClientRequest,
  AdoptPreview,
  AdoptPreviewRequest,
  AdoptRequest,
  ClientList,
  ClientView,
  MasterAnswer,
  PreviewPushRequest,
  PushPreview,
  PushRequest,
  PushResults,
  RollBackRequest,
  Trials,
} from '../../server/contract/clients.ts'
import { path, request } from '../request.ts'

// One flow for many clients: one function per route, as in api.ts.

type Signal = { readonly signal?: AbortSignal }
export const clients = (workspace: string, id: string, options: Signal = {}) =>
  request<ClientList>('GET', path`/workspaces/${workspace}/flows/${id}/clients`, options)
export const addClient = (workspace: string, id: string, body: AddClientRequest) =>
  request<ClientView>('POST', path`/workspaces/${workspace}/flows/${id}/clients`, { body })
export const previewAdoption = (workspace: string, id: string, body: AdoptPreviewRequest, options: Signal = {}) =>
  request<AdoptPreview>('POST', path`/workspaces/${workspace}/flows/${id}/clients/adopt/preview`, { body, ...options })
export const adopt = (workspace: string, id: string, body: AdoptRequest) =>
  request<ClientView>('POST', path`/workspaces/${workspace}/flows/${id}/clients/adopt`, { body })
export const release = (workspace: string, id: string, body: { readonly workspace: string; readonly flow: string }) =>
  request<void>('POST', path`/workspaces/${workspace}/flows/${id}/clients/release`, { body })
export const previewPush = (workspace: string, id: string, body: PreviewPushRequest, options: Signal = {}) =>
  request<PushPreview>('POST', path`/workspaces/${workspace}/flows/${id}/clients/preview`, { body, ...options })
export const tryPush = (workspace: string, id: string, body: PreviewPushRequest) =>
  request<Trials>('POST', path`/workspaces/${workspace}/flows/${id}/clients/try`, { body })
export const push = (workspace: string, id: string, body: PushRequest) =>
  request<PushResults>('POST', path`/workspaces/${workspace}/flows/${id}/clients/push`, { body })
export const rollBackClients = (workspace: string, id: string, body: RollBackRequest) =>
  request<PushResults>('POST', path`/workspaces/${workspace}/flows/${id}/clients/roll-back`, { body })

export const clientsQuery = (workspace: string, id: string) =>
  queryOptions({
    queryKey: [workspace, 'flows', id, 'clients'],
    queryFn: ({ signal }) => clients(workspace, id, { signal }),
  })

/** The agency's flow that one was made of. `version`: of the flow, to learn which of the master's that one was. */
export const masterQuery = (workspace: string, id: string, version?: number) =>
  queryOptions({
    queryKey: [workspace, 'flows', id, 'master', version ?? null],
    queryFn: ({ signal }) =>
      request<MasterAnswer>('GET', path`/workspaces/${workspace}/flows/${id}/master`, {
        query: { version },
        signal,
      }),
    staleTime: 60_000,
  })
