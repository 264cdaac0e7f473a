import { viewDeletion } from '../../close/record.ts'
import { DeletionList, DeletionParams, DeletionRecord } from '../../contract/closing.ts'
import { deletionsFor } from '../../store/offboarding/deletions.ts'
import { whoAsks } from '../http/access.ts'
import type { Api, AppParts } from '../http/parts.ts'
import { ApiProblem } from '../http/problems.ts'

/** What is left of deleted workspaces, for those who were owners, consultants or auditors there. */
export function deletionRoutes(api: Api, parts: AppParts): void {
  const tags = ['workspaces']

  api.get(
    '/deletions',
    {
      schema: {
        summary: 'List the records of deleted workspaces that you may read, newest first',
        tags,
        response: { 200: DeletionList },
      },
      config: { permission: 'signed-in' },
    },
    async (request) => {
      const who = whoAsks(request)
      // A token belongs to one workspace, and none of these is that any more.
      const rows = who.via === 'token' ? [] : await deletionsFor(parts.system, who.person.id)
      return { items: rows.map(viewDeletion) }
    },
  )

  api.get(
    '/deletions/:deletion',
    {
      schema: {
        summary: 'Download the record of a deleted workspace; `deletion` is the workspace’s id',
        tags,
        params: DeletionParams,
        response: { 200: DeletionRecord },
      },
      config: { permission: 'signed-in', codes: ['NOT_FOUND'] },
    },
    async (request, reply) => {
      const who = whoAsks(request)
      const { deletion } = request.params
      const [row] = who.via === 'token' ? [] : await deletionsFor(parts.system, who.person.id, deletion)
      if (!row) throw new ApiProblem('NOT_FOUND', 'There is no such record, or you may not read it.')
      return reply
        .header('content-disposition', `attachment; filename="deletion-${deletion}.json"`)
        .send(viewDeletion(row))
    },
  )
}
