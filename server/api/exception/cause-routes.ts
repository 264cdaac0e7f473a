import { Causes, FaultOwnerAnswer, FaultOwnerRequest, FaultParams, MOST_CAUSES } from '../../contract/causes.ts'
import { NAMED_FLOWS } from '../../contract/now.ts'
import { anyCauses } from '../../store/exception/any-causes.ts'
import { groupExceptions, MOST_GROUPS } from '../../store/exception/exception-groups.ts'
import { failedCauses, MOST_FAILED } from '../../store/exception/failed-causes.ts'
import { countFault, setFaultOwner } from '../../store/exception/fault-owners.ts'
import { listMembers } from '../../store/people/members.ts'
import { whoAsks } from '../http/access.ts'
import { tell } from '../http/audit.ts'
import { exceptionsHere, failedHere, together } from './causes.ts'
import { askOwn } from '../people/own-workspaces.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { ApiProblem } from '../http/problems.ts'
import { STOPPING } from './stopping.ts'

/** What an answer tells of. */
const SHOWN = ['operations.read', 'runs.read', 'exceptions.read'] as const

/** What needs somebody by cause, over all workspaces of whoever asks; and who looks after it. */
export function causeRoutes(api: Api, parts: AppParts): void {
  const connectors = new Set(parts.connectors.map(({ name }) => name))

  api.get(
    '/causes',
    {
      schema: {
        summary: 'Failed runs and open exceptions of all your workspaces by cause, what stands still first',
        tags: ['runs'],
        response: { 200: Causes },
      },
      config: { permission: 'signed-in' },
    },
    async (request): Promise<Causes> => {
      const { answers, shut } = await askOwn(parts, whoAsks(request), SHOWN, async (tx, membership) => {
        const held = await anyCauses(tx, membership.id)
        const failed = held.failed ? await failedCauses(tx, membership.id, NAMED_FLOWS, STOPPING) : []
        const groups = held.open ? await groupExceptions(tx, membership.id, {}) : []
        const here = { membership, connectors }
        return {
          causes: [...failedHere(here, failed), ...exceptionsHere(here, groups)],
          more: failed.length === MOST_FAILED || groups.length === MOST_GROUPS || failed.some(({ more }) => more),
        }
      })
      const causes = together(answers.flatMap((one) => one.causes))
      return {
        items: causes.slice(0, MOST_CAUSES),
        more: causes.length > MOST_CAUSES || answers.some(({ more }) => more),
        workspaces: answers.length,
        shut: [...shut],
      }
    },
  )

  api.put(
    '/workspaces/:workspace/causes/:fault/owner',
    {
      schema: {
        summary: 'Hand the failed runs of a cause to somebody; `dry` only counts',
        tags: ['runs'],
        params: FaultParams,
        body: FaultOwnerRequest,
        response: { 200: FaultOwnerAnswer },
      },
      config: { permission: 'exceptions.assign' },
    },
    async (request) => {
      const { fault } = request.params
      const { owner, dry = false } = request.body
      return inTenant(parts, request, async (tx, workspace) => {
        if (owner !== null && !(await listMembers(tx, workspace)).some((one) => one.user === owner && !one.disabled)) {
          throw new ApiProblem('REQUEST_INVALID', '`owner` names nobody of this workspace.')
        }
        const runs = await countFault(tx, workspace, fault)
        if (runs === 0) throw new ApiProblem('NOT_FOUND', 'No run of the last seven days failed for this cause.')
        if (!dry) await setFaultOwner(tx, workspace, fault, owner, whoAsks(request).person.id)
        tell(request, { detail: { runs } })
        return { runs }
      })
    },
  )
}
