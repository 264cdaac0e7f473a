import { FlowParams, FlowView, SwitchRequest } from '../contract/flows.ts'
import { SwitchPreview, SwitchPreviewRequest } from '../contract/switching.ts'
import { inHand, moveCursor } from '../store/cursors.ts'
import { lockFlow, setEnabled } from '../store/flows.ts'
import { listCursors } from '../store/forecasts.ts'
import { deleteSchedules } from '../store/schedules.ts'
import { whoAsks } from './access.ts'
import { tell } from './audit.ts'
import { askReads, type BehindRead, basisOf, namesOf, standingOf, whyNotFromNow, writesBehind } from './backlog.ts'
import { showFlow } from './flow-routes.ts'
import { setHooks } from './hook-triggers.ts'
import { type Api, type AppParts, inTenant } from './parts.ts'
import { isAllowed } from './permissions.ts'
import { ApiProblem, found } from './problems.ts'
import { iso } from './views.ts'
import { loadRunnable, setClocks } from './switch-routes.ts'

const cannotRun = ['NOT_PUBLISHED', 'SLOTS_UNBOUND', 'ANSWERS_MISSING', 'FLOW_ARCHIVED'] as const

export function switchingRoutes(api: Api, parts: AppParts): void {
  api.post(
    '/workspaces/:workspace/flows/:flow/switch/preview',
    {
      schema: {
        summary: 'What switching a flow would do: what finishes, what has gathered, what it may lead to',
        tags: ['flows'],
        params: FlowParams,
        body: SwitchPreviewRequest,
        response: { 200: SwitchPreview },
      },
      config: { permission: 'flows.switch', codes: [...cannotRun] },
    },
    async (request): Promise<SwitchPreview> => {
      const { workspace, flow } = request.params
      const { on } = request.body
      const standing = await standingOf(parts, request, flow, on)
      const { document, hand } = standing
      const reads = on && document ? await askReads(parts, workspace, document, standing) : []
      const all = request.role !== undefined && isAllowed(request.role, 'payloads.read')
      return {
        on,
        basis: standing.basis,
        inProgress: hand.runs,
        waiting: hand.waiting + hand.events,
        since: iso(standing.since),
        reads: reads.map(({ planned: { node }, connection, cursor, estimate, trouble }) => ({
          node: node.id,
          name: node.name,
          connection: connection.name,
          records: estimate?.records ?? null,
          sample: namesOf(estimate?.sample ?? [], all),
          before: cursor !== undefined,
          trouble: trouble ?? null,
        })),
        writes: document ? writesBehind(parts, document, standing, reads) : [],
        notFromNow: on ? whyNotFromNow(reads, hand) : null,
      }
    },
  )

  api.post(
    '/workspaces/:workspace/flows/:flow/switch',
    {
      schema: {
        summary: 'Switch a flow on or off. Off deletes nothing; work in progress finishes',
        tags: ['flows'],
        params: FlowParams,
        body: SwitchRequest,
        response: { 200: FlowView },
      },
      config: { permission: 'flows.switch', codes: [...cannotRun, 'OVERTAKEN', 'NOT_FROM_NOW'] },
    },
    async (request) => {
      const { flow, workspace: own } = request.params
      const { on, backlog = 'missed-too', basis } = request.body
      // No transaction is open while other systems are asked.
      let reads: readonly BehindRead[] = []
      if (on && backlog === 'from-now') {
        const standing = await standingOf(parts, request, flow, on)
        reads = await askReads(parts, own, standing.document!, standing)
      }
      await inTenant(parts, request, async (tx, workspace) => {
        const state = found(await lockFlow(tx, workspace, flow), 'flow')
        if (basis !== undefined) {
          const cursors = await listCursors(tx, workspace, flow)
          const now = basisOf({ version: state.live_version, enabled: state.enabled, cursors })
          if (now !== basis)
            throw new ApiProblem('OVERTAKEN', 'The flow has changed since. See again what switching does.')
        }
        if (on) {
          const { document } = await loadRunnable(parts, tx, workspace, flow)
          if (backlog === 'from-now') {
            const why = whyNotFromNow(reads, await inHand(tx, workspace, flow))
            if (why !== null) throw new ApiProblem('NOT_FROM_NOW', why)
            for (const { planned, connection, estimate } of reads) {
              const cursor = JSON.stringify(estimate!.latest) // each has one, or the reason above is not null
              await moveCursor(tx, { workspace, flow, node: planned.node.id, connection: connection.id, cursor })
            }
            tell(request, { detail: { skipped: reads.map(skipped) } })
          }
          await setClocks(tx, workspace, flow, document)
          await setHooks(parts, tx, workspace, flow, document)
        } else await deleteSchedules(tx, workspace, flow, [])
        await setEnabled(tx, workspace, flow, on, whoAsks(request).person.id)
      })
      return showFlow(parts, request, flow)
    },
  )
}

/** For the audit log: which read was set where, and past how many records. */
const skipped = ({ planned, cursor, estimate }: BehindRead) => ({
  node: planned.node.id,
  records: estimate?.records ?? null,
  from: cursor ?? null,
  to: estimate?.latest ?? null,
})
