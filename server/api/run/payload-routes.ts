import {
  MAX_BATCHES,
  Payload,
  PayloadQuery,
  RevealRequest,
  RunParams,
  Waterfall,
  WaterfallQuery,
} from '../../contract/runs.ts'
import { findRun, placeOf } from '../../store/run/run-lists.ts'
import { listBatches } from '../../store/trace/waterfall.ts'
import { droppedNote } from './dropped-traces.ts'
import { notedLook } from '../http/noted-look.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { readPayload } from './payload-pages.ts'
import { ApiProblem, found } from '../http/problems.ts'

const PAGE = 50

/** How a run went batch by batch, and what went through its steps: masked for everybody, its values for a reason that is written down. */
export function payloadRoutes(api: Api, parts: AppParts): void {
  const tags = ['runs']

  api.get(
    '/workspaces/:workspace/runs/:run/waterfall',
    {
      schema: {
        summary: 'Each batch of a run: when it began, how long it waited and worked',
        tags,
        params: RunParams,
        querystring: WaterfallQuery,
        response: { 200: Waterfall },
      },
      config: { permission: 'runs.read' },
    },
    async (request) => {
      const { after, limit = MAX_BATCHES, only, order } = request.query
      const longestFirst = order === 'longest'
      if (longestFirst && after !== undefined) {
        throw new ApiProblem('REQUEST_INVALID', 'Pages go on in order of batches only: leave “after” or “order” out.')
      }
      const rows = await inTenant(parts, request, async (tx, workspace) => {
        const place = placeOf(found(await findRun(tx, workspace, request.params.run), 'run'))
        const asked = { after, limit: limit + 1, troubled: only !== undefined, longestFirst }
        return listBatches(tx, workspace, place, asked)
      })
      return {
        batches: rows.slice(0, limit).map((row) => ({
          batch: row.batch,
          startedAt: row.started_at.toISOString(),
          waitingMs: row.waiting_ms,
          workingMs: row.working_ms,
          retries: row.retries,
          failed: row.failed,
          node: row.node_id,
        })),
        more: rows.length > limit,
      }
    },
  )

  api.get(
    '/workspaces/:workspace/runs/:run/payload',
    {
      schema: {
        summary: 'Records that went into or out of one step, as far as they were kept, their values hidden',
        tags,
        params: RunParams,
        querystring: PayloadQuery,
        response: { 200: Payload },
      },
      config: { permission: 'payloads.read', codes: ['TRACE_GONE'] },
    },
    async (request) => {
      const { run } = request.params
      const { node, batch, kind, offset = 0, limit = PAGE } = request.query
      return inTenant(parts, request, async (tx, workspace) => {
        const trace = placeOf(found(await findRun(tx, workspace, run), 'run'))
        const gone = await droppedNote(tx, trace)
        if (gone !== null) throw new ApiProblem('TRACE_GONE', gone)
        return readPayload(tx, workspace, { ...trace, node, batch, kind }, offset, limit, { masked: true })
      })
    },
  )

  api.post(
    '/workspaces/:workspace/runs/:run/payload/reveal',
    {
      schema: {
        summary: 'The same with its values, for a reason that the audit log keeps; also searches in them',
        tags,
        params: RunParams,
        body: RevealRequest,
        response: { 200: Payload },
      },
      config: { permission: 'payloads.reveal', whileClosing: true, codes: ['TRACE_GONE'] },
    },
    async (request) => {
      const { run } = request.params
      const { node, batch, kind, offset = 0, limit = PAGE, contains } = request.body
      return notedLook(parts, request, async (tx, workspace) => {
        const trace = placeOf(found(await findRun(tx, workspace, run), 'run'))
        const gone = await droppedNote(tx, trace)
        if (gone !== null) throw new ApiProblem('TRACE_GONE', gone)
        return readPayload(tx, workspace, { ...trace, node, batch, kind }, offset, limit, { masked: false, contains })
      })
    },
  )
}
