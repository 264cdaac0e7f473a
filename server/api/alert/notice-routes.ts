import type { FastifyRequest } from 'fastify'
import { NoticeList, NoticeListQuery, NoticeParams, NoticeView } from '../../contract/notices.ts'
import { WorkspaceParams } from '../../contract/shared.ts'
import { closeNotice, listNotices, type NoticeRow } from '../../store/alert/notices.ts'
import { whoAsks } from '../http/access.ts'
import { maskedKey } from '../view/mask.ts'
import { type Api, type AppParts, inTenant, pageOf } from '../http/parts.ts'
import { found } from '../http/problems.ts'

const PAGE = 50

export function noticeRoutes(api: Api, parts: AppParts): void {
  const tags = ['notices']

  api.get(
    '/workspaces/:workspace/notices',
    {
      schema: {
        summary: 'List what flows told people, newest first',
        tags,
        params: WorkspaceParams,
        querystring: NoticeListQuery,
        response: { 200: NoticeList },
      },
      config: { permission: 'exceptions.read' },
    },
    async (request) => {
      const { limit = PAGE, ...filter } = request.query
      const rows = await inTenant(parts, request, (tx, workspace) =>
        listNotices(tx, workspace, { ...filter, limit: limit + 1 }),
      )
      return pageOf(
        rows,
        limit,
        (row) => view(row, request),
        ({ id }) => id,
      )
    },
  )

  api.post(
    '/workspaces/:workspace/notices/:notice/close',
    {
      schema: {
        summary: 'Close a notice: the next record of its key opens a new one',
        tags,
        params: NoticeParams,
        response: { 200: NoticeView },
      },
      config: { permission: 'exceptions.dismiss' },
    },
    async (request) => {
      const { notice } = request.params
      const by = whoAsks(request).person.id
      const row = await inTenant(parts, request, async (tx, workspace) => {
        await closeNotice(tx, workspace, notice, by)
        const [closed] = await listNotices(tx, workspace, { notice, limit: 1 })
        return closed
      })
      return view(found(row, 'notice'), request)
    },
  )
}

/** What a flow says names the record it is about: as a key it is for the desks. */
function view(row: NoticeRow, { role }: Pick<FastifyRequest, 'role'>): NoticeView {
  return {
    id: row.id,
    flow: { id: row.flow_id, name: row.flow_name },
    node: row.node_id || null,
    nodeName: row.node_name || null,
    severity: row.severity,
    desk: row.desk,
    message: maskedKey(row.message, role),
    run: row.run_id,
    occurrences: row.occurrences,
    createdAt: row.created_at.toISOString(),
    lastAt: row.last_at.toISOString(),
    closedAt: row.closed_at?.toISOString() ?? null,
    closedBy: row.closed_by,
  }
}
