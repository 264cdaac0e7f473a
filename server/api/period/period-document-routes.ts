import {
  ChangeQuery,
  DocumentQuery,
  MonthExportQuery,
  PeriodChanges,
  type PeriodDocument,
  PeriodDocuments,
} from '../../contract/period-documents.ts'
import { PeriodFlowParams, PeriodParams } from '../../contract/periods.ts'
import { listFlows } from '../../store/flow/flows.ts'
import { changedDocuments, type DocumentRow, pageOfDocuments, sentSince } from '../../store/period/period-documents.ts'
import { listChecks } from '../../store/period/periods.ts'
import { lastSignOffs } from '../../store/period/sign-offs.ts'
import { auditDeed } from '../http/audit.ts'
import { download } from '../http/download.ts'
import { exportLines, exportedChecks } from './period-export.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { placeIn, placeOf } from './period-place.ts'
import { ApiProblem, found } from '../http/problems.ts'
import { newestChecks } from './show-period.ts'

/** Which documents of a month differ, and all of them as a file. */
export function periodDocumentRoutes(api: Api, parts: AppParts): void {
  const tags = ['periods']

  api.get(
    '/workspaces/:workspace/periods/:period/documents',
    {
      schema: {
        summary: 'List the documents of a month as they were last checked, with both sides',
        tags,
        params: PeriodParams,
        querystring: DocumentQuery,
        response: { 200: PeriodDocuments },
      },
      config: { permission: 'periods.read' },
    },
    async (request) =>
      inTenant(parts, request, async (tx, workspace) => {
        const { flow, currency, only, cursor, limit = 50 } = request.query
        const from = cursor === undefined ? undefined : placeIn(cursor)
        const items: PeriodDocument[] = []
        for (const { flow_id, run_id } of await newestChecks(tx, workspace, request.params.period, flow)) {
          if (from && flow_id < from.flow) continue
          const after = from?.flow === flow_id ? from : undefined
          const of = { workspace, flow: flow_id, run: run_id }
          const filter = { off: only === 'differing', currency }
          const rows = await pageOfDocuments(tx, of, filter, after, limit + 1 - items.length)
          const room = limit - items.length
          items.push(...rows.slice(0, room).map((row) => view(flow_id, row)))
          const last = rows[room - 1]
          if (rows.length > room && last) return { items, next: placeOf({ flow: flow_id, ...last }) }
        }
        return { items, next: null }
      }),
  )

  api.get(
    '/workspaces/:workspace/periods/:period/flows/:flow/changes',
    {
      schema: {
        summary: 'List the documents of a month that changed since it was signed off, then and now',
        tags,
        params: PeriodFlowParams,
        querystring: ChangeQuery,
        response: { 200: PeriodChanges },
      },
      config: { permission: 'periods.read', codes: ['NOT_SIGNED'] },
    },
    async (request) =>
      inTenant(parts, request, async (tx, workspace) => {
        const { period, flow } = request.params
        const { cursor, limit = 50 } = request.query
        found((await listFlows(tx, workspace, { flow }))[0], 'flow')
        const [signed] = await lastSignOffs(tx, workspace, period, flow)
        if (signed?.kind !== 'signed') throw new ApiProblem('NOT_SIGNED')
        if (signed.evidence === null) return { items: [], next: null, sent: [] }
        const check = (await listChecks(tx, workspace, period, flow)).find(({ totals }) => totals !== null)
        const of = { workspace, flow, run: check?.run_id ?? signed.run_id }
        const after = cursor === undefined ? undefined : placeIn(cursor)
        const rows = await changedDocuments(tx, of, signed.run_id, after, limit + 1)
        const shown = rows.slice(0, limit)
        const last = shown.at(-1)
        const sent = await sentSince(tx, { workspace, flow, run: signed.run_id })
        return {
          items: shown.map((row) => ({
            ...{ document: row.document, name: row.name, currency: row.currency },
            signed: sides(row.source_then, row.ledger_then),
            now: sides(row.source_now, row.ledger_now),
          })),
          next: rows.length > limit && last ? placeOf({ flow, ...last }) : null,
          sent: sent.map(({ document, name }) => ({ document, name })),
        }
      }),
  )

  api.get(
    '/workspaces/:workspace/periods/:period/export',
    {
      schema: {
        summary: 'Download the documents of a month as CSV, with both sides and who signed off',
        tags,
        params: PeriodParams,
        querystring: MonthExportQuery,
        produces: ['text/csv'],
      },
      config: { permission: 'periods.export', codes: ['CHECK_MISSING'] },
    },
    async (request, reply) => {
      const { period, workspace } = request.params
      const checks = await inTenant(parts, request, async (tx) => {
        const chosen = await exportedChecks(parts, tx, workspace, period, request.query)
        const told = {
          detail: { period, ...request.query, checks: chosen.map(({ run }) => run).filter((run) => run !== null) },
        }
        await auditDeed(tx, workspace, request, { told })
        return chosen
      })
      const off = request.query.only === 'differing'
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="month-${period}.csv"`)
        .send(
          download(parts, request, (pages) =>
            exportLines(period, checks, off, (run, after, limit) =>
              pages((tx) => pageOfDocuments(tx, { workspace, ...run }, { off }, after, limit)),
            ),
          ),
        )
    },
  )
}

const view = (flow: string, row: DocumentRow): PeriodDocument => ({
  ...{ flow, document: row.document, name: row.name, currency: row.currency },
  ...{ source: row.source, ledger: row.ledger, difference: row.difference, state: row.state },
})

const sides = (source: string | null, ledger: string | null) =>
  source === null || ledger === null ? null : { source, ledger }
