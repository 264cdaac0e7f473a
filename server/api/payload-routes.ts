import { Payload, PayloadQuery, RevealRequest, RunParams } from '../contract/runs.ts'
import { findRun, placeOf } from '../store/run-lists.ts'
import { auditDeed } from './audit.ts'
import { droppedNote } from './dropped-traces.ts'
import { type Api, type AppParts, inTenant } from './parts.ts'
import { readPayload } from './payload-pages.ts'
import { ApiProblem, found } from './problems.ts'

const PAGE = 50

/** What went through steps: masked for everybody, its values for a reason that is written down. */
export function payloadRoutes(api: Api, parts: AppParts): void {
  const tags = ['runs']

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
      config: { permission: 'payloads.reveal', codes: ['TRACE_GONE'] },
    },
    async (request) => {
      const { run } = request.params
      const { node, batch, kind, offset = 0, limit = PAGE, contains } = request.body
      return inTenant(parts, request, async (tx, workspace) => {
        const trace = placeOf(found(await findRun(tx, workspace, run), 'run'))
        const gone = await droppedNote(tx, trace)
        if (gone !== null) throw new ApiProblem('TRACE_GONE', gone)
        // It changes nothing, so its entry is not written by itself. Without the entry nothing is shown.
        await auditDeed(tx, workspace, request)
        return readPayload(tx, workspace, { ...trace, node, batch, kind }, offset, limit, { masked: false, contains })
      })
    },
  )
}
