import type { Transaction } from 'kysely'
import {
  CheckView,
  PeriodFlow,
  PeriodFlowParams,
  PeriodParams,
  PeriodView,
  SignOffRequest,
} from '../contract/periods.ts'
import { lastDay } from '../store/backfills.ts'
import { listFlows } from '../store/flows.ts'
import { type CheckRow, insertCheck, insertSignOff, isOver, lastSignOffs, listChecks } from '../store/periods.ts'
import { queueRun } from '../store/runs.ts'
import type { Database } from '../store/schema.ts'
import { whoAsks } from './access.ts'
import { tell } from './audit.ts'
import { addDays, checkWindow } from './backfill-chunks.ts'
import { type Api, type AppParts, inTenant } from './parts.ts'
import { agrees, checkableReads, isMoney, viewCheck, viewPeriodFlow } from './period-view.ts'
import { planned } from './planned.ts'
import { ApiProblem, found } from './problems.ts'
import { loadRunnable } from './switch-routes.ts'
import { readsOf, triggerFor } from './windowed-reads.ts'

type Tx = Transaction<Database>

const UNENDED: readonly CheckRow['state'][] = ['queued', 'running', 'waiting', 'paused']

/** Whether a month agrees, flow by flow, and who signed that it does. */
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
        codes: ['CHECK_MISSING', 'CHECK_OLD', 'PERIOD_OPEN', 'PERIOD_DISAGREES'],
      },
    },
    async (request, reply) => {
      const { period, flow } = request.params
      const { run, note } = request.body
      const view = await inTenant(parts, request, async (tx, workspace) => {
        found((await listFlows(tx, workspace, { flow }))[0], 'flow')
        const check = (await listChecks(tx, workspace, period, flow)).find(({ totals }) => totals !== null)
        if (check?.run_id !== run) throw new ApiProblem('CHECK_MISSING')
        if (check.old) throw new ApiProblem('CHECK_OLD')
        if (!(await isOver(tx, daysOf(period).to))) throw new ApiProblem('PERIOD_OPEN')
        if (!agrees(check) && note === undefined) throw new ApiProblem('PERIOD_DISAGREES')
        const by = whoAsks(request).person.id
        await insertSignOff(tx, { workspace, flow, period, check, note: note?.trim() ?? null, by })
        tell(request, { subject: { flow, run }, detail: { period, agrees: agrees(check) } })
        return (await showFlows(parts, tx, workspace, period, flow))[0]
      })
      return reply.code(201).send(found(view, 'flow'))
    },
  )
}

/** Flows at work that can be checked, by name. */
async function showFlows(
  parts: AppParts,
  tx: Tx,
  workspace: string,
  period: string,
  only?: string,
): Promise<PeriodFlow[]> {
  const flows = await listFlows(tx, workspace, only === undefined ? { archived: false } : { flow: only })
  const checks = Map.groupBy(await listChecks(tx, workspace, period, only), ({ flow_id }) => flow_id)
  const signed = new Map((await lastSignOffs(tx, workspace, period, only)).map((row) => [row.flow_id, row]))
  const shown: PeriodFlow[] = []
  for (const { id, name, live_version } of flows) {
    if (live_version === null) continue
    const reads = await checkableReads(parts, tx, workspace, id, live_version)
    if (!reads && !signed.has(id)) continue
    shown.push(viewPeriodFlow({ id, name }, reads ?? [], checks.get(id) ?? [], signed.get(id)))
  }
  return shown.sort((a, b) => a.flow.name.localeCompare(b.flow.name))
}

/** The month's first day, and the day after its last. */
function daysOf(period: string): { readonly from: string; readonly to: string } {
  const [year = 0, month = 0] = period.split('-').map(Number)
  return { from: `${period}-01`, to: new Date(Date.UTC(year, month, 1)).toISOString().slice(0, 10) }
}
