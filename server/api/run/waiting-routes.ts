import { FlowParams } from '../../contract/flows.ts'
import { WaitingCancelled, WaitingList, WaitingReleased, WaitingSelection } from '../../contract/waiting.ts'
import { findDraft } from '../../store/flow/flows.ts'
import { cancelWaiting, listWaiting, releaseWaiting } from '../../store/run/waiting-lists.ts'
import { tell } from '../http/audit.ts'
import { readStored } from '../flow/flow-documents.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { found } from '../http/problems.ts'

const SHOWN = 50

/** Records of a flow that wait for a time. */
export function waitingRoutes(api: Api, parts: AppParts): void {
  api.get(
    '/workspaces/:workspace/flows/:flow/waiting',
    {
      schema: {
        summary: 'Show which records of a flow wait for a time, those due first to begin with',
        tags: ['flows'],
        params: FlowParams,
        response: { 200: WaitingList },
      },
      config: { permission: 'runs.read' },
    },
    async (request) => {
      const { flow } = request.params
      return inTenant(parts, request, async (tx, workspace) => {
        const row = found(await findDraft(tx, workspace, flow), 'flow')
        const names = new Map(readStored(row.draft).nodes.map(({ id, name }) => [id, name]))
        const { count, next, first } = await listWaiting(tx, workspace, flow, SHOWN)
        return {
          count,
          nextDue: next?.toISOString() ?? null,
          items: first.map((one) => ({
            id: one.id,
            node: one.node_id,
            name: names.get(one.node_id) ?? null,
            run: one.kept_by,
            cameAt: one.came_at.toISOString(),
            dueAt: one.due_at.toISOString(),
            notBefore: one.look_at.toISOString(),
            goesOnIn: one.run_id,
          })),
        }
      })
    },
  )

  api.post(
    '/workspaces/:workspace/flows/:flow/waiting/release',
    {
      schema: {
        summary: 'Let records go on that wait for a time, some or all, without waiting any longer',
        tags: ['flows'],
        params: FlowParams,
        body: WaitingSelection,
        response: { 200: WaitingReleased },
      },
      config: { permission: 'runs.rerun' },
    },
    async (request) => {
      const { flow } = request.params
      const { body } = request
      return inTenant(parts, request, async (tx, workspace) => {
        found(await findDraft(tx, workspace, flow), 'flow')
        const released = await releaseWaiting(tx, workspace, flow, 'ids' in body ? body.ids : 'all')
        tell(request, { detail: { released } })
        return { released }
      })
    },
  )

  api.post(
    '/workspaces/:workspace/flows/:flow/waiting/cancel',
    {
      schema: {
        summary: 'Delete records that wait for a time, some or all: they never go on',
        tags: ['flows'],
        params: FlowParams,
        body: WaitingSelection,
        response: { 200: WaitingCancelled },
      },
      config: { permission: 'runs.cancel' },
    },
    async (request) => {
      const { flow } = request.params
      const { body } = request
      return inTenant(parts, request, async (tx, workspace) => {
        found(await findDraft(tx, workspace, flow), 'flow')
        const cancelled = await cancelWaiting(tx, workspace, flow, 'ids' in body ? body.ids : 'all')
        tell(request, { detail: { cancelled } })
        return { cancelled }
      })
    },
  )
}
