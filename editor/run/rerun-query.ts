import { queryOptions } from '@tanstack/react-query'
import * as api from '../api.ts'

/** What carrying a run out again would take up: counted anew whenever somebody is about to do it. */
export const rerunCountQuery = (workspace: string, run: string, body: Parameters<typeof api.countRerun>[2]) =>
  queryOptions({
    queryKey: [workspace, 'runs', 'one', run, 'rerun', body],
    queryFn: ({ signal }) => api.countRerun(workspace, run, body, { signal }),
    staleTime: 0,
    gcTime: 0,
    refetchOnWindowFocus: false,
    retry: false,
  })
