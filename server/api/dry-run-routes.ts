import { FlowParams } from '../contract/flows.ts'
import { DryRunRequest } from '../contract/run-starts.ts'
import { RunView } from '../contract/runs.ts'
import { lastDay } from '../store/backfills.ts'
import { findRun, type RunRow } from '../store/run-lists.ts'
import { queueRun } from '../store/runs.ts'
import { whoAsks } from './access.ts'
import { checkWindow } from './backfill-chunks.ts'
import { type Api, type AppParts, inTenant } from './parts.ts'
import { ApiProblem, found } from './problems.ts'
import { loadRunnable, triggerOf } from './switch-routes.ts'
import { viewRun } from './views.ts'

export function dryRunRoutes(api: Api, parts: AppParts): void {
  api.post(
    '/workspaces/:workspace/flows/:flow/dry-run',
    {
      schema: {
        summary: 'Try the live version: read and compare for real, send nothing, move no cursor',
        tags: ['flows'],
        params: FlowParams,
        body: DryRunRequest,
        response: { 202: RunView },
      },
      config: {
        permission: 'flows.run',
        codes: ['NOT_PUBLISHED', 'SLOTS_UNBOUND', 'ANSWERS_MISSING', 'FLOW_ARCHIVED', 'BACKFILL_WINDOW'],
      },
    },
    async (request, reply) => {
      const { flow } = request.params
      const { node, window } = request.body
      const row = await inTenant(parts, request, async (tx, workspace) => {
        if (window) checkWindow(window, await lastDay(tx))
        const { document, version } = await loadRunnable(parts, tx, workspace, flow)
        const trigger = triggerOf(parts, document, node)
        const operation = document.nodes.find(({ id }) => id === trigger)?.operation
        if (parts.catalog.get(operation ?? '')?.events === true) {
          throw new ApiProblem(
            'RERUN_UNSUPPORTED',
            'A flow that waits for events has nothing to read by itself; send it one.',
          )
        }
        const start: RunRow['start'] = window ? { kind: 'window', ...window } : { kind: 'trigger' }
        const by = whoAsks(request).person.id
        const run = { workspace, flow, version, cause: 'manual' as const, node: trigger, by, start, dry: true }
        return findRun(tx, workspace, await queueRun(tx, run))
      })
      return reply.code(202).send(viewRun(found(row, 'run')))
    },
  )
}
