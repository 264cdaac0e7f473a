import { CheckView, PeriodFlowParams, PeriodParams, PeriodView } from '../../contract/periods.ts'
import { lastDay } from '../../store/run/backfills.ts'
import { lockFlow } from '../../store/flow/flows.ts'
import { type CheckRow, insertCheck, isOver, listChecks } from '../../store/period/periods.ts'
import { queueRun } from '../../store/run/runs.ts'
import { whoAsks } from '../http/access.ts'
import { tell } from '../http/audit.ts'
import { addDays, checkWindow } from '../flow/backfill-chunks.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { daysOf, newestChecks, showFlows, totalsOf } from './show-period.ts'
import { isMoney, viewCheck } from './period-view.ts'
import { planned } from '../flow/planned.ts'
import { ApiProblem, found } from '../http/problems.ts'
import { loadRunnable } from '../switch/switch-routes.ts'
import { readsOf, triggerFor } from '../flow/windowed-reads.ts'

const UNENDED: readonly CheckRow['state'][] = ['queued', 'running', 'waiting', 'paused']

/** Whether a month agrees, flow by flow. */
export function periodRoutes(api: Api, parts: AppParts): void {
  const tags = ['periods']

  api.get(
    '/workspaces/:workspace/periods/:period',
    {
      schema: {
        summary: 'Show what the sources have in a month against what was sent, as it was last checked',
        tags,
        params: PeriodParams,
        response: { 200: PeriodView },
      },
      config: { permission: 'periods.read' },
    },
    async (request) => {
      const { period } = request.params
      const days = daysOf(period)
      return inTenant(parts, request, async (tx, workspace) => ({
        ...{ period, ...days, over: await isOver(tx, days.to) },
        flows: await showFlows(parts, tx, workspace, period),
        totals: await totalsOf(tx, workspace, await newestChecks(tx, workspace, period)),
      }))
    },
  )

  api.post(
    '/workspaces/:workspace/periods/:period/flows/:flow/check',
    {
      schema: {
        summary: 'Check a month: a dry run reads it anew and compares it with what was sent. Sends nothing',
        tags,
        params: PeriodFlowParams,
        response: { 202: CheckView },
      },
      config: {
        permission: 'periods.check',
        codes: [
          'BACKFILL_WINDOW',
          'BACKFILL_UNSUPPORTED',
          'CHECK_ACTIVE',
          'NOT_PUBLISHED',
          'SLOTS_UNBOUND',
          'CONNECTION_OFF',
          'ANSWERS_MISSING',
          'FLOW_ARCHIVED',
          'FLOW_HAS_ERRORS',
        ],
      },
    },
    async (request, reply) => {
      const { period, flow } = request.params
      const row = await inTenant(parts, request, async (tx, workspace) => {
        const { from, to } = daysOf(period)
        const last = await lastDay(tx)
        // Of a month that goes on, the days that have begun.
        const days = { from, to: to > last ? addDays(last, 1) : to }
        checkWindow(days, last)
        const { document, version } = await loadRunnable(parts, tx, workspace, flow)
        const plan = planned(parts, document)
        if (!isMoney(plan)) {
          throw new ApiProblem('BACKFILL_UNSUPPORTED', 'It sends no rows by difference that can be added up.')
        }
        const node = triggerFor(plan, undefined)
        readsOf(plan, node)
        // Of two who ask at once, the second finds the first one's.
        await lockFlow(tx, workspace, flow)
        const known = await listChecks(tx, workspace, period, flow)
        if (known.some(({ state }) => UNENDED.includes(state))) throw new ApiProblem('CHECK_ACTIVE')
        const start = { kind: 'window', ...days } as const
        const asked = {
          workspace,
          flow,
          version,
          cause: 'manual',
          node,
          by: whoAsks(request).person.id,
          start,
        } as const
        const run = await queueRun(tx, { ...asked, dry: true })
        await insertCheck(tx, { workspace, flow, period, run })
        tell(request, { subject: { flow, run }, detail: { period } })
        return (await listChecks(tx, workspace, period, flow))[0]
      })
      return reply.code(202).send(viewCheck(found(row, 'check')))
    },
  )
}
