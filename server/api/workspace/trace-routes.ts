import { WorkspaceParams } from '../../contract/shared.ts'
import { TracePatch, TraceSettings } from '../../contract/traces.ts'
import type { TraceDays } from '../../store/database/partitions.ts'
import type { TraceClass } from '../../store/database/schema.ts'
import { setTraceClass, traceClassOf } from '../../store/workspace/workspaces.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { found } from '../http/problems.ts'

export function traceRoutes(api: Api, parts: AppParts): void {
  const kept = ({ content, metadata }: TraceDays[TraceClass]) => ({ records: content, steps: metadata })
  const { short, standard, long } = parts.config.traceDays
  const shown = (traceClass: TraceClass): TraceSettings => ({
    traceClass,
    classes: { short: kept(short), standard: kept(standard), long: kept(long) },
  })

  api.get(
    '/workspaces/:workspace/traces',
    {
      schema: {
        summary: 'How long traces of runs are kept',
        tags: ['workspaces'],
        params: WorkspaceParams,
        response: { 200: TraceSettings },
      },
      config: { permission: 'workspace.read' },
    },
    async (request) => shown(found(await inTenant(parts, request, traceClassOf), 'workspace')),
  )

  api.patch(
    '/workspaces/:workspace/traces',
    {
      schema: {
        summary: 'Choose how long traces of runs from now on are kept',
        tags: ['workspaces'],
        params: WorkspaceParams,
        body: TracePatch,
        response: { 200: TraceSettings },
      },
      config: { permission: 'workspace.manage' },
    },
    (request) =>
      inTenant(parts, request, async (tx, workspace) => {
        await setTraceClass(tx, workspace, request.body.traceClass)
        return shown(found(await traceClassOf(tx, workspace), 'workspace'))
      }),
  )
}
