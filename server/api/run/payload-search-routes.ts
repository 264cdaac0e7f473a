import type { Transaction } from 'kysely'
import { PayloadSearch, PayloadSearchQuery, PayloadSearchReveal } from '../../contract/payload-search.ts'
import { RunParams } from '../../contract/runs.ts'
import { findRun, placeOf } from '../../store/run/run-lists.ts'
import type { Database } from '../../store/database/schema.ts'
import { tell } from '../http/audit.ts'
import { droppedNote } from './dropped-traces.ts'
import { notedLook } from '../http/noted-look.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { ApiProblem, found } from '../http/problems.ts'
import { type Searched, searchPayloads } from './search-payloads.ts'

const PAGE = 50

/** Finds a text in what went through the steps of one run: in what everybody may see, or for a reason in all of it. */
export function payloadSearchRoutes(api: Api, parts: AppParts): void {
  const tags = ['runs']

  api.get(
    '/workspaces/:workspace/runs/:run/search',
    {
      schema: {
        summary: 'Find a text in the kept records of a run, in what is shown of them, stretch by stretch',
        tags,
        params: RunParams,
        querystring: PayloadSearchQuery,
        response: { 200: PayloadSearch },
      },
      config: { permission: 'payloads.read', codes: ['TRACE_GONE'] },
    },
    (request) =>
      inTenant(parts, request, (tx, workspace) => {
        const { q, cursor, limit = PAGE } = request.query
        return searchRun(tx, workspace, request.params.run, { q, cursor, limit, masked: true })
      }),
  )

  api.post(
    '/workspaces/:workspace/runs/:run/search/reveal',
    {
      schema: {
        summary: 'The same in all values, for a reason that the audit log keeps',
        tags,
        params: RunParams,
        body: PayloadSearchReveal,
        response: { 200: PayloadSearch },
      },
      config: { permission: 'payloads.reveal', whileClosing: true, codes: ['TRACE_GONE'] },
    },
    (request) =>
      notedLook(parts, request, async (tx, workspace) => {
        const { q, cursor, limit = PAGE } = request.body
        const answer = await searchRun(tx, workspace, request.params.run, { q, cursor, limit, masked: false })
        tell(request, { detail: { hits: answer.hits.length, batches: answer.batches.looked } })
        return answer
      }),
  )
}

async function searchRun(
  tx: Transaction<Database>,
  workspace: string,
  id: string,
  asked: Searched,
): Promise<PayloadSearch> {
  const row = found(await findRun(tx, workspace, id), 'run')
  const place = placeOf(row)
  const gone = await droppedNote(tx, place)
  if (gone !== null) throw new ApiProblem('TRACE_GONE', gone)
  return searchPayloads(tx, workspace, { ...place, batches: row.batches }, asked)
}
