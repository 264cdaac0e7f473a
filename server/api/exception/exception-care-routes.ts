import { CareAnswer, CareRequest, ExceptionGroups, ExceptionNotes, GroupQuery } from '../../contract/exception-care.ts'
import { ExceptionParams } from '../../contract/exceptions.ts'
import { WorkspaceParams } from '../../contract/shared.ts'
import { careFor, listNotes } from '../../store/exception/exception-care.ts'
import { sumOpen } from '../../store/exception/open-exceptions.ts'
import { groupExceptions } from '../../store/exception/exception-groups.ts'
import { findException } from '../../store/exception/exceptions.ts'
import { listMembers } from '../../store/people/members.ts'
import { whoAsks } from '../http/access.ts'
import { tell } from '../http/audit.ts'
import { heldBy } from './causes.ts'
import { maskedWords } from '../view/mask.ts'
import { nextAction } from '../view/next-action.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { ApiProblem, found } from '../http/problems.ts'
import { iso } from '../view/views.ts'

const YEAR_MS = 366 * 86_400_000

/** Who has exceptions in hand, what is said about them, and what is open by cause. */
export function exceptionCareRoutes(api: Api, parts: AppParts): void {
  const tags = ['exceptions']

  api.post(
    '/workspaces/:workspace/exceptions/care',
    {
      schema: {
        summary: 'Hand exceptions to somebody, put them aside until a time, comment on them; `dry` only counts',
        tags,
        params: WorkspaceParams,
        body: CareRequest,
        response: { 200: CareAnswer },
      },
      config: { permission: 'exceptions.assign' },
    },
    async (request) => {
      const { select, dry = false, assign, snoozeUntil, comment } = request.body
      if (assign === undefined && snoozeUntil === undefined && comment === undefined) {
        throw new ApiProblem('REQUEST_INVALID', 'Say what is to be done: `assign`, `snoozeUntil` or `comment`.')
      }
      const until = snoozeUntil === undefined || snoozeUntil === null ? undefined : Date.parse(snoozeUntil)
      if (until !== undefined && (until <= Date.now() || until > Date.now() + YEAR_MS)) {
        throw new ApiProblem('REQUEST_INVALID', '`snoozeUntil` has to be in the future, and at most a year ahead.')
      }
      return inTenant(parts, request, async (tx, workspace) => {
        if (assign !== undefined && assign !== null) {
          const member = (await listMembers(tx, workspace)).find(({ user, disabled }) => user === assign && !disabled)
          if (!member) throw new ApiProblem('REQUEST_INVALID', '`assign` names nobody of this workspace.')
        }
        const by = whoAsks(request).person.id
        const care = { assign, snoozeUntil, comment: comment?.trim() }
        const counts = await careFor(tx, workspace, select, care, by, dry)
        tell(request, { detail: counts })
        return counts
      })
    },
  )

  api.get(
    '/workspaces/:workspace/exceptions/:exception/notes',
    {
      schema: {
        summary: 'What people said and did about an exception, oldest first',
        tags,
        params: ExceptionParams,
        response: { 200: ExceptionNotes },
      },
      config: { permission: 'exceptions.open' },
    },
    async (request) => {
      const { exception } = request.params
      const rows = await inTenant(parts, request, async (tx, workspace) => {
        found(await findException(tx, workspace, exception), 'exception')
        return listNotes(tx, workspace, exception)
      })
      return {
        items: rows.map((row) => ({
          id: row.id,
          kind: row.kind,
          words: row.words,
          assignedTo: row.assigned_to,
          until: iso(row.until),
          by: row.by,
          at: row.made_at.toISOString(),
        })),
      }
    },
  )

  api.get(
    '/workspaces/:workspace/exceptions/groups',
    {
      schema: {
        summary: 'Open exceptions by cause, with the money at stake',
        tags,
        params: WorkspaceParams,
        querystring: GroupQuery,
        response: { 200: ExceptionGroups },
      },
      config: { permission: 'exceptions.read' },
    },
    async (request): Promise<ExceptionGroups> =>
      inTenant(parts, request, async (tx, workspace) => {
        const sums = await sumOpen(tx, workspace, whoAsks(request).person.id, request.query)
        const groups = await groupExceptions(tx, workspace, request.query)
        return {
          ...sums,
          money: [...sums.money],
          ages: sums.ages.map((one) => ({ ...one, money: [...one.money] })),
          oldest: iso(sums.oldest),
          groups: groups.map((row) => ({
            flow: { id: row.flow_id, name: row.flow_name },
            node: row.node_id,
            step: row.step,
            code: row.code,
            fault: row.fault,
            desk: row.desk,
            message: maskedWords(row.message),
            nextAction: nextAction('failed', row.code),
            ...heldBy(row),
          })),
        }
      }),
  )
}
