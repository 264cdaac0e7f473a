import { queryOptions } from '@tanstack/react-query'
import { SLOW_MS } from '../run/followed.ts'
import * as requests from './requests.ts'

/** Read again while somebody looks: what needs somebody changes by itself. */
export const nowQuery = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, 'now'],
    queryFn: ({ signal }) => requests.now(workspace, { signal }),
    refetchInterval: SLOW_MS,
  })
