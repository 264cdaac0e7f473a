import type { AccountList, ConnectionView, GivenBack } from '../../server/contract/connections.ts'
import { path, request } from '../request.ts'

export const accounts = (workspace: string, id: string, signal: AbortSignal) =>
  request<AccountList>('GET', path`/workspaces/${workspace}/connections/${id}/accounts`, { signal })
export const chooseAccount = (workspace: string, id: string, account: string) =>
  request<ConnectionView>('PUT', path`/workspaces/${workspace}/connections/${id}/accounts`, { body: { account } })

export const keepConnection = (workspace: string, id: string) =>
  request<ConnectionView>('POST', path`/workspaces/${workspace}/connections/${id}/keep`)

type Asked = { readonly anyway?: boolean }
export const removeConnection = (workspace: string, id: string, { anyway }: Asked) =>
  request<GivenBack>('DELETE', path`/workspaces/${workspace}/connections/${id}`, { query: { anyway } })
export const disconnect = (workspace: string, id: string, { anyway }: Asked) =>
  request<ConnectionView>('POST', path`/workspaces/${workspace}/connections/${id}/disconnect`, { query: { anyway } })
