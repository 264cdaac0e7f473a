import type { Now } from '../../server/contract/now.ts'
import { path, request } from '../request.ts'

type Signal = { readonly signal?: AbortSignal }

export const now = (workspace: string, options: Signal = {}) =>
  request<Now>('GET', path`/workspaces/${workspace}/now`, options)
