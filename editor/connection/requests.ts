import type { ConnectionView, GivenBack } from '../../server/contract/connections.ts'
import { path, request } from '../request.ts'

type Asked = { readonly anyway?: boolean }
export const removeConnection = (workspace: string, id: string, { anyway }: Asked) =>
  request<GivenBack>('DELETE', path`/workspaces/${workspace}/connections/${id}`, { query: { anyway } })
export const disconnect = (workspace: string, id: string, { anyway }: Asked) =>
  request<ConnectionView>('POST', path`/workspaces/${workspace}/connections/${id}/disconnect`, { query: { anyway } })
