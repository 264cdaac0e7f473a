import { FlowParams } from '../../contract/flows.ts'
import { ResyncRequest } from '../../contract/run-starts.ts'
import { RunView } from '../../contract/runs.ts'
import type { Plan, PlannedNode } from '../../flow/plan/plan.ts'
import { readsBehindTrigger } from '../../flow/plan/windowed.ts'
import { findSameRun } from '../../store/run/run-controls.ts'
import { findRun } from '../../store/run/run-lists.ts'
import { queueRun } from '../../store/run/runs.ts'
import { whoAsks } from '../http/access.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { planned } from '../flow/planned.ts'
import { ApiProblem, found } from '../http/problems.ts'
import { loadRunnable } from '../switch/switch-routes.ts'
import { viewRun } from '../view/views.ts'

export function resyncRoutes(api: Api, parts: AppParts): void {
  api.post(
    '/workspaces/:workspace/flows/:flow/resync',
    {
      schema: {
        summary: 'Read single records by business key and carry them through the flow. Cursors stay',
        tags: ['flows'],
        params: FlowParams,
        body: ResyncRequest,
        response: { 202: RunView },
      },
      config: {
        permission: 'runs.rerun',
        codes: [
          'RESYNC_UNSUPPORTED',
          'RUN_PENDING',
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
      const { keys: given, node, quiet = false } = request.body
      const keys = [...new Set(given.map((key) => key.trim()))]
      const by = whoAsks(request).person.id
      const row = await inTenant(parts, request, async (tx, workspace) => {
        const { document, version } = await loadRunnable(parts, tx, workspace, flow)
        const plan = planned(parts, document)
        const read = readFor(plan, node)
        const trigger = plan.triggers.find((one) => readsBehindTrigger(plan, one.node.id).includes(read))
        const start = { kind: 'keys' as const, node: read.node.id, keys }
        const pending = await findSameRun(tx, workspace, flow, start)
        if (pending !== undefined) throw new ApiProblem('RUN_PENDING', `Run ${pending} does it already.`)
        const run = { workspace, flow, version, cause: 'resync' as const, by, start, quiet }
        return findRun(tx, workspace, await queueRun(tx, { ...run, node: found(trigger, 'trigger').node.id }))
      })
      return reply.code(202).send(viewRun(found(row, 'run'), request))
    },
  )
}

/** The read that is named, or the only one that finds single records. */
function readFor(plan: Plan, asked: string | undefined): PlannedNode {
  const able = plan.reads.filter(({ info }) => info.single !== undefined)
  const list = able.map(({ node, info }) => `“${node.id}” (by ${info.single})`).join(', ')
  const refuse = (detail: string) => new ApiProblem('RESYNC_UNSUPPORTED', detail)
  if (asked !== undefined) {
    found(plan.nodes.get(asked), 'step')
    const read = able.find(({ node }) => node.id === asked)
    if (!read) throw refuse(`“${asked}” cannot find single records. ${list ? `These can: ${list}.` : ''}`.trim())
    return read
  }
  const [only, ...more] = able
  if (!only) throw refuse('No read of this flow can find single records.')
  if (more.length > 0) throw refuse(`Several reads can find single records; name one as “node”: ${list}.`)
  return only
}
