import { AutomationList } from '../../contract/automations.ts'
import { WorkspaceParams } from '../../contract/shared.ts'
import { describeAutomations } from './describe-automations.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'

export function automationRoutes(api: Api, parts: AppParts): void {
  api.get(
    '/workspaces/:workspace/automations',
    {
      schema: {
        summary: 'List flows as whoever owns the data sees them: what each does, its health, what it needs',
        tags: ['flows'],
        params: WorkspaceParams,
        response: { 200: AutomationList },
      },
      config: { permission: 'flows.read' },
    },
    async (request): Promise<AutomationList> => {
      const role = request.role ?? 'client' // every route with a permission has one
      return inTenant(parts, request, (tx, workspace) => describeAutomations(parts, tx, workspace, role))
    },
  )
}
