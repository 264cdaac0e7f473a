import { queryOptions } from '@tanstack/react-query'
import { SLOW_MS } from '../run/followed.ts'
import * as requests from './requests.ts'

/** Read again while somebody looks, but not often: every workspace is asked. */
export const causesQuery = queryOptions({
  queryKey: ['causes'],
  queryFn: ({ signal }) => requests.causes({ signal }),
  refetchInterval: 3 * SLOW_MS,
})
