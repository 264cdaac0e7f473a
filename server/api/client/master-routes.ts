import { MasterAnswer, MasterQuery } from '../../contract/clients.ts'
import { FlowParams } from '../../contract/flows.ts'
import { flowOfSource } from '../../store/workspace/clients.ts'
import { inWorkspace } from '../../store/database/database.ts'
import { findTaken } from '../../store/flow/flow-templates.ts'
import { findDraft } from '../../store/flow/flows.ts'
import { findVersion } from '../../store/flow/versions.ts'
import { type MasterRequest, rolesOf } from './clients.ts'
import { readStored } from '../flow/flow-documents.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { isAllowed } from '../http/permissions.ts'
import { found } from '../http/problems.ts'

export function masterRoutes(api: Api, parts: AppParts): void {
  api.get(
    '/workspaces/:workspace/flows/:flow/master',
    {
      schema: {
        summary: 'Say of which flow of an agency this one was made, and where that is, to those who may see it',
        tags: ['clients'],
        params: FlowParams,
        querystring: MasterQuery,
        response: { 200: MasterAnswer },
      },
      config: { permission: 'flows.read' },
    },
    async (request): Promise<MasterAnswer> => {
      const { flow } = request.params
      const { version } = request.query
      const { taken, asked } = await inTenant(parts, request, async (tx, workspace) => {
        found(await findDraft(tx, workspace, flow), 'flow')
        const one = version === undefined ? undefined : await findVersion(tx, workspace, flow, version)
        return { taken: await findTaken(tx, workspace, flow), asked: one }
      })
      const master = taken && flowOfSource(taken.template)
      if (!taken || !master) return { master: null }
      const role = (await rolesOf(parts, request as MasterRequest)).get(master.workspace)
      const there =
        role !== undefined && isAllowed(role, 'flows.read')
          ? await inWorkspace(parts.app, master.workspace, (tx) => findDraft(tx, master.workspace, master.flow))
          : undefined
      return {
        master: {
          name: (there && readStored(there.draft).name) ?? taken.name ?? '',
          version: taken.version === 0 ? null : taken.version,
          of: asked?.source === taken.template ? asked.source_version : null,
          place: there ? { ...master, live: there.live_version } : null,
        },
      }
    },
  )
}
