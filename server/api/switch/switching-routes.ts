import { FlowParams, FlowView, SwitchRequest } from '../../contract/flows.ts'
import { SwitchPreview, SwitchPreviewRequest } from '../../contract/switching.ts'
import { lockFlow, setEnabled } from '../../store/flow/flows.ts'
import { listCursors } from '../../store/run/forecasts.ts'
import { deleteSchedules } from '../../store/flow/schedules.ts'
import { dropTurnOn, setTurnOn } from '../../store/flow/turn-ons.ts'
import { whoAsks } from '../http/access.ts'
import { tell } from '../http/audit.ts'
import { askReads, basisOf, namesOf, standingOf, whyNotFromNow, writesBehind } from './backlog.ts'
import { showFlow } from '../draft/flow-routes.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { isAllowed } from '../http/permissions.ts'
import { ApiProblem, found } from '../http/problems.ts'
import { iso } from '../view/views.ts'
import { askPlaces, switchOn } from './switch-on.ts'
import { checkTurnOn } from './turn-on-routes.ts'

const cannotRun = ['NOT_PUBLISHED', 'SLOTS_UNBOUND', 'CONNECTION_OFF', 'ANSWERS_MISSING', 'FLOW_ARCHIVED'] as const

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
      const standing = await standingOf(parts, workspace, flow, on)
      const { document, hand } = standing
      const reads = on && document ? await askReads(parts, workspace, document, standing) : []
      const all = request.role !== undefined && isAllowed(request.role, 'payloads.read')
      return {
        on,
        basis: standing.basis,
        inProgress: hand.runs,
        waiting: hand.waiting + hand.events,
        since: iso(standing.since),
        restored: standing.restored,
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
      const { on, backlog = 'missed-too', basis, again } = request.body
      if (again !== undefined) checkTurnOn(on, again)
      // No transaction is open while other systems are asked.
      const reads = on ? await askPlaces(parts, { workspace: own, flow, backlog }) : []
      await inTenant(parts, request, async (tx, workspace) => {
        const by = whoAsks(request).person.id
        const state = found(await lockFlow(tx, workspace, flow), 'flow')
        if (basis !== undefined) {
          const cursors = on ? await listCursors(tx, workspace, flow) : []
          const now = basisOf({ version: state.live_version, enabled: state.enabled, cursors })
          if (now !== basis)
            throw new ApiProblem('OVERTAKEN', 'The flow has changed since. See again what switching does.')
        }
        if (on) {
          tell(request, { detail: await switchOn(parts, tx, { workspace, flow, backlog, reads, by }) })
        } else {
          await deleteSchedules(tx, workspace, flow, [])
          await setEnabled(tx, workspace, flow, false, by)
        }
        await dropTurnOn(tx, workspace, flow)
        if (again) await setTurnOn(tx, { workspace, flow, ...again, at: new Date(again.at), by })
      })
      return showFlow(parts, request, flow)
    },
  )
}
