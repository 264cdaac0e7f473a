import { queryOptions } from '@tanstack/react-query'
import * as api from '../api.ts'

/** The last run of a flow before this one that succeeded and sent for real, as a list of one or none. */
export const lastGoodQuery = (workspace: string, run: string, flow: string) =>
  queryOptions({
    queryKey: [workspace, 'runs', 'last good', run],
    queryFn: ({ signal }) =>
      api.runs(workspace, { flow, state: 'succeeded', dry: false, cursor: run, limit: 1 }, { signal }),
  })
