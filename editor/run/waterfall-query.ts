import { queryOptions } from '@tanstack/react-query'
import type { RunView, Waterfall } from '../../server/contract/runs.ts'
import * as api from '../api.ts'
import { alongRun, underWay } from '../queries.ts'

/** Which batches of a run, and in which order. */
export type BatchesShown = { readonly troubled: boolean; readonly longestFirst: boolean }

/**
 * Batches of a run, page after page: what has settled stays as it is, so only what came since is asked for. To ask again
 * is to ask for the next page, if there is one. The longest come as one page: any batch may be among them.
 */
export const waterfallQuery = (workspace: string, run: RunView, shown: BatchesShown) =>
  queryOptions({
    queryKey: [workspace, 'runs', 'one', run.id, 'waterfall', shown],
    queryFn: async ({ client, queryKey, signal }): Promise<Waterfall> => {
      const known = shown.longestFirst ? undefined : client.getQueryData<Waterfall>(queryKey)
      const last = known?.batches.at(-1)?.batch
      const asked = {
        ...(last === undefined ? {} : { after: last }),
        ...(shown.troubled ? { only: 'failed-or-retried' as const } : {}),
        ...(shown.longestFirst ? { order: 'longest' as const } : {}),
      }
      const page = await api.waterfall(workspace, run.id, asked, { signal })
      return { batches: [...(known?.batches ?? []), ...page.batches], more: page.more }
    },
    ...alongRun(run),
    staleTime: underWay(run.state) ? 0 : Number.POSITIVE_INFINITY,
  })
