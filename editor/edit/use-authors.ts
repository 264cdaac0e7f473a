import { useQuery } from '@tanstack/react-query'
import type { Version } from '../../server/contract/flows.ts'
import type { Flow } from '../../server/flow/document/flow.ts'
import * as api from '../api.ts'
import { authorsOf, type Stand } from '../compare/authors.ts'
import type { Change } from '../compare/changes.ts'
import { EMPTY_FLOW } from '../compare/empty.ts'
import { sessionQuery } from '../queries.ts'

/** Stands that are looked at; before them nobody is named. */
const MOST = 20

/** Who of others has a part in what is about to be published. */
export function useAuthors(
  workspace: string,
  flow: string,
  live: Version | undefined,
  draft: Flow,
  revision: number,
): { readonly ready: boolean; readonly by: (change: Change) => string | undefined } {
  const me = useQuery(sessionQuery)
  const stands = useQuery({
    queryKey: [workspace, 'flows', flow, 'stands', live?.number ?? 0, revision],
    queryFn: async ({ signal }): Promise<readonly Stand[]> => {
      const { items } = await api.draftSessions(workspace, flow, { signal })
      const since = items.filter((one) => live === undefined || one.endedAt > live.createdAt).slice(0, MOST)
      const read = since.map(async ({ number }) => api.draftSession(workspace, flow, number, { signal }))
      return (await Promise.all(read)).reverse()
    },
    placeholderData: (before) => before,
  })
  const name = me.data?.user.name
  const by = authorsOf(live?.document ?? EMPTY_FLOW, stands.data ?? [], draft)
  return {
    ready: stands.data !== undefined || stands.error !== null,
    by: (change) => {
      const author = by(change)
      return author === name ? undefined : author
    },
  }
}
