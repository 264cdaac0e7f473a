import { FlowParams } from '../../contract/flows.ts'
import { BackfillList, BackfillParams, BackfillRequest, BackfillView } from '../../contract/run-starts.ts'
import { type BackfillRow, lastDay, listBackfills, openChunks, queueBackfill } from '../../store/run/backfills.ts'
import { findDraft } from '../../store/flow/flows.ts'
import { requestCancel } from '../../store/run/run-controls.ts'
import { whoAsks } from '../http/access.ts'
import { checkWindow, chunksOf } from '../flow/backfill-chunks.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { planned } from '../flow/planned.ts'
import { ApiProblem, found } from '../http/problems.ts'
import { loadRunnable } from '../switch/switch-routes.ts'
import { iso } from '../view/views.ts'
import { readsOf, triggerFor } from '../flow/windowed-reads.ts'

export function backfillRoutes(api: Api, parts: AppParts): void {
  const tags = ['flows']

  api.post(
    '/workspaces/:workspace/flows/:flow/backfill',
    {
      schema: {
        summary: 'Read a window of days again, in chunks that run one after the other. Cursors of the flow stay',
        tags,
        params: FlowParams,
        body: BackfillRequest,
        response: { 200: BackfillView, 202: BackfillView },
      },
      config: {
        permission: 'runs.backfill',
        codes: [
          'BACKFILL_WINDOW',
          'BACKFILL_UNSUPPORTED',
          'BACKFILL_ACTIVE',
          'NOT_PUBLISHED',
          'SLOTS_UNBOUND',
          'CONNECTION_OFF',
          'ANSWERS_MISSING',
          'FLOW_ARCHIVED',
        ],
      },
    },
    async (request, reply) => {
      const { flow } = request.params
      const { from, to, chunk = 'month', quiet = true, node, dry = false } = request.body
      const who = whoAsks(request).person
      const answer = await inTenant(parts, request, async (tx, workspace): Promise<BackfillView> => {
        checkWindow({ from, to }, await lastDay(tx))
        const { document, version } = await loadRunnable(parts, tx, workspace, flow)
        const plan = planned(parts, document)
        const trigger = triggerFor(plan, node)
        const reads = readsOf(plan, trigger)
        const chunks = chunksOf({ from, to }, chunk)
        if (dry) {
          const waiting = chunks.map((days) => ({ ...days, run: null, state: null }))
          return { id: null, flow, from, to, quiet, reads: [...reads], chunks: waiting, createdAt: null, by: null }
        }
        if ((await openChunks(tx, workspace, { flow })).length > 0) throw new ApiProblem('BACKFILL_ACTIVE')
        const backfill = { workspace, flow, version, node: trigger, from, to, quiet, reads, by: who.id }
        const id = await queueBackfill(tx, backfill, chunks)
        return view(found((await listBackfills(tx, workspace, flow, id))[0], 'back-fill'))
      })
      return reply.code(dry ? 200 : 202).send(answer)
    },
  )

  api.get(
    '/workspaces/:workspace/flows/:flow/backfills',
    {
      schema: {
        summary: 'List back-fills of a flow, newest first',
        tags,
        params: FlowParams,
        response: { 200: BackfillList },
      },
      config: { permission: 'runs.read' },
    },
    async (request) =>
      inTenant(parts, request, async (tx, workspace) => {
        const { flow } = request.params
        found(await findDraft(tx, workspace, flow), 'flow')
        return { items: (await listBackfills(tx, workspace, flow)).map(view) }
      }),
  )

  api.get(
    '/workspaces/:workspace/flows/:flow/backfills/:backfill',
    {
      schema: {
        summary: 'Show a back-fill with its chunks',
        tags,
        params: BackfillParams,
        response: { 200: BackfillView },
      },
      config: { permission: 'runs.read' },
    },
    async (request) =>
      inTenant(parts, request, async (tx, workspace) => {
        const { flow, backfill } = request.params
        return view(found((await listBackfills(tx, workspace, flow, backfill))[0], 'back-fill'))
      }),
  )

  api.post(
    '/workspaces/:workspace/flows/:flow/backfills/:backfill/cancel',
    {
      schema: {
        summary: 'Cancel what is left of a back-fill. A chunk at work ends after its batch',
        tags,
        params: BackfillParams,
        response: { 202: BackfillView },
      },
      config: { permission: 'runs.backfill', codes: ['BACKFILL_ENDED'] },
    },
    async (request, reply) => {
      const { flow, backfill } = request.params
      const row = await inTenant(parts, request, async (tx, workspace) => {
        found((await listBackfills(tx, workspace, flow, backfill))[0], 'back-fill')
        let asked = 0
        for (const run of await openChunks(tx, workspace, { backfill })) {
          if ((await requestCancel(tx, workspace, run)) !== undefined) asked += 1
        }
        if (asked === 0) throw new ApiProblem('BACKFILL_ENDED')
        return (await listBackfills(tx, workspace, flow, backfill))[0]
      })
      return reply.code(202).send(view(found(row, 'back-fill')))
    },
  )
}

function view(row: BackfillRow): BackfillView {
  return {
    ...{ id: row.id, flow: row.flow_id, from: row.from, to: row.to, quiet: row.quiet, by: row.by },
    reads: row.reads.map(({ node, name, by }) => ({ node, name, by })),
    chunks: row.chunks.map(({ from, to, run, state }) => ({ from, to, run, state })),
    createdAt: iso(row.created_at),
  }
}
