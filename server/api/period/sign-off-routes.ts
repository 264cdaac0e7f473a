import { PeriodFlow, PeriodFlowParams, ReopenRequest, SignOffRequest } from '../../contract/periods.ts'
import { SignOffList, SignOffQuery } from '../../contract/period-documents.ts'
import { WorkspaceParams } from '../../contract/shared.ts'
import { listFlows } from '../../store/flow/flows.ts'
import { lockMonth } from '../../store/period/period-totals.ts'
import { isOver, listChecks } from '../../store/period/periods.ts'
import { insertSignOff, lastSignOffs, listSignOffs } from '../../store/period/sign-offs.ts'
import { whoAsks } from '../http/access.ts'
import { tell } from '../http/audit.ts'
import { type Api, type AppParts, inTenant, pageOf } from '../http/parts.ts'
import { agrees, viewSignOff } from './period-view.ts'
import { ApiProblem, found } from '../http/problems.ts'
import { changedSince, daysOf, showFlows } from './show-period.ts'

/** Of one page: each that counts is compared with the ledger. */
const PAGE = 20

/** Who signed that a month agrees, and who took that back. */
export function signOffRoutes(api: Api, parts: AppParts): void {
  const tags = ['periods']

  api.post(
    '/workspaces/:workspace/periods/:period/flows/:flow/sign-off',
    {
      schema: {
        summary: 'Sign off a month of a flow, by its newest check. One that does not agree needs a note',
        tags,
        params: PeriodFlowParams,
        body: SignOffRequest,
        response: { 201: PeriodFlow },
      },
      config: {
        permission: 'periods.sign',
        codes: ['CHECK_MISSING', 'CHECK_OLD', 'PERIOD_OPEN', 'PERIOD_DISAGREES', 'ALREADY_SIGNED'],
      },
    },
    async (request, reply) => {
      const { period, flow } = request.params
      const { run, note } = request.body
      const view = await inTenant(parts, request, async (tx, workspace) => {
        found((await listFlows(tx, workspace, { flow }))[0], 'flow')
        await lockMonth(tx, workspace, flow, period)
        const check = (await listChecks(tx, workspace, period, flow)).find(({ totals }) => totals !== null)
        if (check?.run_id !== run) throw new ApiProblem('CHECK_MISSING')
        const [last] = await lastSignOffs(tx, workspace, period, flow)
        if (last?.kind === 'signed' && last.run_id === run) {
          throw new ApiProblem('ALREADY_SIGNED', `${last.by ?? 'Somebody who has left'} has signed this check off.`)
        }
        if (check.old) throw new ApiProblem('CHECK_OLD')
        if (!(await isOver(tx, daysOf(period).to))) throw new ApiProblem('PERIOD_OPEN')
        if (!agrees(check) && note === undefined) throw new ApiProblem('PERIOD_DISAGREES')
        const by = whoAsks(request).person.id
        await insertSignOff(tx, { workspace, flow, period, kind: 'signed', of: check, note: note?.trim() ?? null, by })
        tell(request, { subject: { flow, run }, detail: { period, agrees: agrees(check) } })
        return (await showFlows(parts, tx, workspace, period, flow))[0]
      })
      return reply.code(201).send(found(view, 'flow'))
    },
  )

  api.post(
    '/workspaces/:workspace/periods/:period/flows/:flow/reopen',
    {
      schema: {
        summary: 'Take the sign-off of a month back, with a reason. What was signed stays in the list',
        tags,
        params: PeriodFlowParams,
        body: ReopenRequest,
        response: { 201: PeriodFlow },
      },
      config: { permission: 'periods.sign', codes: ['NOT_SIGNED'] },
    },
    async (request, reply) => {
      const { period, flow } = request.params
      const view = await inTenant(parts, request, async (tx, workspace) => {
        found((await listFlows(tx, workspace, { flow }))[0], 'flow')
        await lockMonth(tx, workspace, flow, period)
        const [last] = await lastSignOffs(tx, workspace, period, flow)
        if (last?.kind !== 'signed') throw new ApiProblem('NOT_SIGNED')
        const by = whoAsks(request).person.id
        const note = request.body.reason.trim()
        await insertSignOff(tx, { workspace, flow, period, kind: 'reopened', of: last, note, by })
        tell(request, { subject: { flow, run: last.run_id }, detail: { period } })
        return (await showFlows(parts, tx, workspace, period, flow))[0]
      })
      return reply.code(201).send(found(view, 'flow'))
    },
  )

  api.get(
    '/workspaces/:workspace/sign-offs',
    {
      schema: {
        summary: 'List what was signed off and re-opened, newest first, and what changed since',
        tags,
        params: WorkspaceParams,
        querystring: SignOffQuery,
        response: { 200: SignOffList },
      },
      config: { permission: 'periods.read' },
    },
    async (request) =>
      inTenant(parts, request, async (tx, workspace) => {
        const { limit = PAGE, ...filter } = request.query
        const page = pageOf(
          await listSignOffs(tx, workspace, { ...filter, limit: limit + 1 }),
          limit,
          (row) => row,
          ({ id }) => id,
        )
        const items: SignOffList['items'] = []
        for (const row of page.items) {
          const counts = row.last && row.kind === 'signed'
          items.push({
            ...viewSignOff(row),
            ...{ id: row.id, flow: { id: row.flow_id, name: row.flow_name }, period: row.period, counts },
            changed: counts ? await changedSince(tx, workspace, row, row) : null,
          })
        }
        return { items, next: page.next }
      }),
  )
}
