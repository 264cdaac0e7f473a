import { FlowParams } from '../../contract/flows.ts'
import {
  NewReport,
  ReportAnswer,
  ReportList,
  ReportListQuery,
  ReportParams,
  ReportView,
} from '../../contract/reports.ts'
import { WorkspaceParams } from '../../contract/shared.ts'
import { answerReport, insertReport, listReports, type ReportRow } from '../../store/alert/reports.ts'
import { whoAsks } from '../http/access.ts'
import { tell } from '../http/audit.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { found } from '../http/problems.ts'
import { iso } from '../view/views.ts'

export function reportRoutes(api: Api, parts: AppParts): void {
  const tags = ['reports']

  api.post(
    '/workspaces/:workspace/flows/:flow/reports',
    {
      schema: {
        summary: 'Say that something looks wrong with a flow; the runs of the time are attached',
        tags,
        params: FlowParams,
        body: NewReport,
        response: { 201: ReportView },
      },
      config: { permission: 'reports.make' },
    },
    async (request, reply) => {
      const { flow } = request.params
      const { words, hours = 24 } = request.body
      const row = await inTenant(parts, request, async (tx, workspace) => {
        const by = whoAsks(request).person.id
        const report = found(await insertReport(tx, { workspace, flow, words: words.trim(), hours, by }), 'flow')
        tell(request, { subject: { report } })
        return (await listReports(tx, workspace, { report }))[0]
      })
      return reply.code(201).send(viewReport(found(row, 'report')))
    },
  )

  api.get(
    '/workspaces/:workspace/reports',
    {
      schema: {
        summary: 'List what people said looks wrong, newest first',
        tags,
        params: WorkspaceParams,
        querystring: ReportListQuery,
        response: { 200: ReportList },
      },
      config: { permission: 'runs.read' },
    },
    async (request) => {
      const rows = await inTenant(parts, request, (tx, workspace) => listReports(tx, workspace, request.query))
      return { items: rows.map(viewReport) }
    },
  )

  api.post(
    '/workspaces/:workspace/reports/:report/answer',
    {
      schema: {
        summary: 'Answer a report, and close it unless said otherwise',
        tags,
        params: ReportParams,
        body: ReportAnswer,
        response: { 200: ReportView },
      },
      config: { permission: 'reports.answer' },
    },
    async (request) => {
      const { report } = request.params
      const { answer, close = true } = request.body
      const row = await inTenant(parts, request, async (tx, workspace) => {
        await answerReport(tx, workspace, report, { answer: answer.trim(), by: whoAsks(request).person.id, close })
        return (await listReports(tx, workspace, { report }))[0]
      })
      return viewReport(found(row, 'report'))
    },
  )
}

export function viewReport(row: ReportRow): ReportView {
  return {
    id: row.id,
    flow: { id: row.flow_id, name: row.flow_name },
    words: row.words,
    from: row.from_at.toISOString(),
    to: row.to_at.toISOString(),
    runs: row.run_ids,
    by: row.reported_by,
    createdAt: row.created_at.toISOString(),
    answer: row.answer,
    answeredBy: row.answered_by,
    answeredAt: iso(row.answered_at),
    closedAt: iso(row.closed_at),
  }
}
