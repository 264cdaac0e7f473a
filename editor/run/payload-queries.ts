import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { PayloadSearch } from '../../server/contract/payload-search.ts'
import type { RunView } from '../../server/contract/runs.ts'
import { payload, reveal, runBatches } from '../api.ts'
import { path, request } from '../request.ts'

export const payloadQuery = (
  workspace: string,
  run: string,
  place: { readonly node: string; readonly batch: number; readonly kind: string },
  from: number,
  /** Why the values have to be seen, and what to look for in them; without it they are hidden. */
  shown?: { readonly reason: string; readonly contains?: string },
) =>
  infiniteQueryOptions({
    queryKey: [workspace, 'runs', 'one', run, 'payload', place, from, shown ?? null],
    queryFn: ({ pageParam, signal }) => {
      const page = { ...place, offset: pageParam, limit: 50 }
      return shown
        ? reveal(workspace, run, { ...page, ...shown }, { signal })
        : payload(workspace, run, page, { signal })
    },
    initialPageParam: from,
    getNextPageParam: (page) => page.next ?? undefined,
    // What a settled batch carried does not change.
    staleTime: Number.POSITIVE_INFINITY,
    structuralSharing: false,
  })

/** In what is shown of records; with a reason, which the audit log keeps, in all of it. */
const searchPayloads = (
  workspace: string,
  id: string,
  asked: { readonly q: string; readonly cursor?: string | undefined },
  reason: string | undefined,
  options: { readonly signal?: AbortSignal } = {},
) =>
  reason === undefined
    ? request<PayloadSearch>('GET', path`/workspaces/${workspace}/runs/${id}/search`, { query: asked, ...options })
    : request<PayloadSearch>('POST', path`/workspaces/${workspace}/runs/${id}/search/reveal`, {
        body: { ...asked, reason },
        ...options,
      })
export const payloadSearchQuery = (workspace: string, run: string, q: string, reason: string | undefined) =>
  infiniteQueryOptions({
    queryKey: [workspace, 'runs', 'one', run, 'search', q, reason ?? null],
    queryFn: ({ pageParam, signal }) => searchPayloads(workspace, run, { q, cursor: pageParam }, reason, { signal }),
    initialPageParam: undefined as string | undefined, // the first stretch has no cursor
    getNextPageParam: (page) => page.next ?? undefined,
    // Each answer has cost work, and one in hidden values an entry in the audit log: it is not asked again by itself.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    structuralSharing: false,
  })

/** One batch of a step that stands beyond the pages that were read. */
export const runBatchQuery = (workspace: string, run: RunView, node: string, batch: number) =>
  queryOptions({
    queryKey: [workspace, 'runs', 'one', run.id, 'batch', node, batch],
    queryFn: async ({ signal }) => {
      // Behind every step of the batch before.
      const after = batch === 0 ? undefined : `${batch - 1}-999999999`
      const { items } = await runBatches(workspace, run.id, { node, after, limit: 1 }, { signal })
      return items[0]?.batch === batch ? items[0] : null
    },
  })
