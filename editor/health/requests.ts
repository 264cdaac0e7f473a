import { queryOptions } from '@tanstack/react-query'
import type { Operations } from '../../server/contract/operations.ts'
import { path, request } from '../request.ts'
import { SLOW_MS } from '../run/followed.ts'

/** Read again while somebody looks: a queue changes by itself. */
export const healthQuery = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, 'health'],
    queryFn: ({ signal }) => request<Operations>('GET', path`/workspaces/${workspace}/health`, { signal }),
    refetchInterval: SLOW_MS,
  })
