import { Type } from 'typebox'
import { Dependents, FlowParams } from '../../contract/flows.ts'
import { findClients, sourceOf } from '../../store/workspace/clients.ts'
import { type Dependents as Row, deleteFlow, findDependents } from '../../store/flow/dependents.ts'
import { findDraft, lockFlow } from '../../store/flow/flows.ts'
import { whoAsks } from '../http/access.ts'
import { tell } from '../http/audit.ts'
import { readStored } from '../flow/flow-documents.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { ApiProblem, found } from '../http/problems.ts'

export function flowDeleteRoutes(api: Api, parts: AppParts): void {
  const tags = ['flows']
  const clientsOf = async (workspace: string, flow: string, person: string) =>
    (await findClients(parts.system, sourceOf(workspace, flow), person)).length

  api.get(
    '/workspaces/:workspace/flows/:flow/dependents',
    {
      schema: {
        summary: 'Say what hangs on a flow, and whether it can be deleted',
        tags,
        params: FlowParams,
        response: { 200: Dependents },
      },
      config: { permission: 'flows.read' },
    },
    async (request) => {
      const { workspace, flow } = request.params
      const clients = await clientsOf(workspace, flow, whoAsks(request).person.id)
      return inTenant(parts, request, async (tx) => {
        const { enabled } = found(await lockFlow(tx, workspace, flow), 'flow')
        const { called_by, open_exceptions, ...row } = await findDependents(tx, workspace, flow)
        const kept = whyKept({ called_by, open_exceptions, ...row }, clients, enabled)
        return { ...row, openExceptions: open_exceptions, calledBy: [...called_by], clients, kept: kept ?? null }
      })
    },
  )

  api.delete(
    '/workspaces/:workspace/flows/:flow',
    {
      schema: {
        summary: 'Delete a flow that never ran and that nothing hangs on; any other is archived',
        tags,
        params: FlowParams,
        response: { 204: Type.Null() },
      },
      config: { permission: 'flows.publish', codes: ['FLOW_IS_ON', 'FLOW_IN_USE'] },
    },
    async (request, reply) => {
      const { workspace, flow } = request.params
      const clients = await clientsOf(workspace, flow, whoAsks(request).person.id)
      await inTenant(parts, request, async (tx) => {
        const { enabled } = found(await lockFlow(tx, workspace, flow), 'flow')
        const kept = whyKept(await findDependents(tx, workspace, flow), clients, enabled)
        if (kept !== undefined) throw new ApiProblem(enabled ? 'FLOW_IS_ON' : 'FLOW_IN_USE', kept)
        const { draft } = found(await findDraft(tx, workspace, flow), 'flow')
        tell(request, { detail: { name: readStored(draft).name } })
        await deleteFlow(tx, workspace, flow)
      })
      return reply.code(204).send(null)
    },
  )
}

/** Why a flow cannot be deleted. What ran and what it sent is evidence. */
function whyKept({ runs, called_by }: Row, clients: number, enabled: boolean): string | undefined {
  if (enabled) return 'The flow is on. Switch it off first.'
  const [caller] = called_by
  if (caller) return `“${caller.name}” calls it. Take the call out there first.`
  if (clients > 0) return 'Clients run flows that were made of it. Archive it instead: they keep theirs.'
  if (runs > 0) return 'It has run, and what it did is kept as evidence. Archive it instead.'
  return undefined
}
