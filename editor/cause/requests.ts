import type { Causes, FaultOwnerAnswer, FaultOwnerRequest } from '../../server/contract/causes.ts'
import { path, request } from '../request.ts'

type Signal = { readonly signal?: AbortSignal }

export const causes = (options: Signal = {}) => request<Causes>('GET', '/causes', options)
export const setFaultOwner = (workspace: string, fault: string, body: FaultOwnerRequest) =>
  request<FaultOwnerAnswer>('PUT', path`/workspaces/${workspace}/causes/${fault}/owner`, { body })
