import { CloseRequest, ClosingView } from '../../contract/closing.ts'
import { isSameName } from '../../contract/same-name.ts'
import { WorkspaceParams } from '../../contract/shared.ts'
import {
  closeWorkspace,
  closingOf,
  countForClosing,
  countPeople,
  reopenWorkspace,
} from '../../store/offboarding/closing.ts'
import { personAsks } from '../http/access.ts'
import { tell } from '../http/audit.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { ApiProblem } from '../http/problems.ts'
import { tellClosed } from './tell-closed.ts'
import { iso } from '../view/views.ts'

/** Where the installation does not say. */
const GRACE_DAYS = 30

type Request = { readonly params: { readonly workspace: string } }

/** Giving a workspace up. It is off and read-only from then on, can be taken back for a while, and is then deleted. */
export function closingRoutes(api: Api, parts: AppParts): void {
  const tags = ['workspaces']
  const graceDays = parts.config.closingDays ?? GRACE_DAYS

  async function show(request: Request): Promise<ClosingView> {
    const people = await countPeople(parts.system, request.params.workspace)
    return inTenant(parts, request, async (tx, workspace) => {
      const row = await closingOf(tx, workspace)
      return {
        state: row.closing_at === null ? ('open' as const) : ('closing' as const),
        graceDays,
        closedAt: iso(row.closing_at),
        closedBy: row.closed_by,
        deleteAfter: iso(row.delete_after),
        ...(await countForClosing(tx, workspace)),
        ...people,
      }
    })
  }

  api.get(
    '/workspaces/:workspace/closing',
    {
      schema: {
        summary: 'What closing the workspace would do, or has done',
        tags,
        params: WorkspaceParams,
        response: { 200: ClosingView },
      },
      config: { permission: 'workspace.manage' },
    },
    show,
  )

  api.post(
    '/workspaces/:workspace/closing',
    {
      schema: {
        summary: 'Close the workspace: all of it is off and read-only at once, and deleted after the days of grace',
        tags,
        params: WorkspaceParams,
        body: CloseRequest,
        response: { 200: ClosingView },
      },
      config: { permission: 'workspace.manage', stepUp: true, codes: ['NAME_DIFFERENT'] },
    },
    async (request) => {
      const { person } = personAsks(request)
      await inTenant(parts, request, async (tx, workspace) => {
        const { name } = await closingOf(tx, workspace)
        if (!isSameName(request.body.name, name))
          throw new ApiProblem('NAME_DIFFERENT', `Type the name as it is: ${name}`)
        const { doubts } = await countForClosing(tx, workspace)
        const naming = await closeWorkspace(tx, workspace, person.id, graceDays)
        if (naming === undefined) throw new ApiProblem('WORKSPACE_CLOSING')
        // Of connections no names: people choose them.
        const inDoubt = doubts.map(({ operation, effects }) => ({ operation, effects }))
        tell(request, { detail: { graceDays, inDoubt, runsToName: naming } })
      })
      const view = await show(request)
      const closed = {
        ...{ workspace: request.params.workspace, name: request.body.name, by: person },
        day: view.deleteAfter?.slice(0, 10) ?? '',
      }
      void tellClosed(parts, closed).catch((error: unknown) => request.log.error({ err: error }, 'mail was not sent'))
      return view
    },
  )

  api.delete(
    '/workspaces/:workspace/closing',
    {
      schema: {
        summary: 'Take the closing back. Flows stay off until somebody switches them on',
        tags,
        params: WorkspaceParams,
        response: { 200: ClosingView },
      },
      config: { permission: 'workspace.manage', whileClosing: true, codes: ['WORKSPACE_OPEN'] },
    },
    async (request) => {
      const before = await show(request)
      await inTenant(parts, request, async (tx, workspace) => {
        if (!(await reopenWorkspace(tx, workspace))) throw new ApiProblem('WORKSPACE_OPEN')
      })
      // The flows that were on, as they are not known afterwards.
      return { ...(await show(request)), flows: before.flows }
    },
  )
}
