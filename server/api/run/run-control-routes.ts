import {
  ControlRunsAnswer,
  ControlRunsRequest,
  RunParams,
  type RunSelection as RunsMeant,
  RunView,
  statesOf,
} from '../../contract/runs.ts'
import { WorkspaceParams } from '../../contract/shared.ts'
import { controlRuns, requestCancel, requestPause, resumeRun, type RunSelection } from '../../store/run/run-controls.ts'
import { findRun, type RunRow } from '../../store/run/run-lists.ts'
import { tell } from '../http/audit.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { ApiProblem, found } from '../http/problems.ts'
import { viewRun } from '../view/views.ts'

/** Cancelling, pausing, resuming. What is asked for twice is refused the second time, by name. */
export function runControlRoutes(api: Api, parts: AppParts): void {
  const tags = ['runs']
  controlMany(api, parts, 'cancel')
  controlMany(api, parts, 'resume')

  api.post(
    '/workspaces/:workspace/runs/:run/cancel',
    {
      schema: {
        summary: 'Cancel a run. One at work ends after its batch; what was sent stays sent',
        tags,
        params: RunParams,
        response: { 202: RunView },
      },
      config: { permission: 'runs.cancel', codes: ['RUN_ENDED', 'RUN_CANCELLING'] },
    },
    async (request, reply) => {
      const { run } = request.params
      const row = await inTenant(parts, request, async (tx, workspace) => {
        if ((await requestCancel(tx, workspace, run)) === undefined) throw refusal(await findRun(tx, workspace, run))
        return findRun(tx, workspace, run)
      })
      return reply.code(202).send(viewRun(found(row, 'run'), request))
    },
  )

  api.post(
    '/workspaces/:workspace/runs/:run/pause',
    {
      schema: {
        summary: 'Put a run down until somebody lets it go on. One at work stops after its batch',
        tags,
        params: RunParams,
        response: { 202: RunView },
      },
      config: { permission: 'runs.cancel', codes: ['RUN_ENDED', 'RUN_CANCELLING', 'RUN_PAUSED'] },
    },
    async (request, reply) => {
      const { run } = request.params
      const row = await inTenant(parts, request, async (tx, workspace) => {
        if ((await requestPause(tx, workspace, run)) === undefined) {
          throw refusal(await findRun(tx, workspace, run), 'RUN_PAUSED')
        }
        return findRun(tx, workspace, run)
      })
      return reply.code(202).send(viewRun(found(row, 'run'), request))
    },
  )

  api.post(
    '/workspaces/:workspace/runs/:run/resume',
    {
      schema: {
        summary: 'Let a run go on that is paused, or was told to pause',
        tags,
        params: RunParams,
        response: { 202: RunView },
      },
      config: { permission: 'runs.cancel', codes: ['RUN_ENDED', 'RUN_CANCELLING', 'RUN_NOT_PAUSED'] },
    },
    async (request, reply) => {
      const { run } = request.params
      const row = await inTenant(parts, request, async (tx, workspace) => {
        if (!(await resumeRun(tx, workspace, run))) throw refusal(await findRun(tx, workspace, run), 'RUN_NOT_PAUSED')
        return findRun(tx, workspace, run)
      })
      return reply.code(202).send(viewRun(found(row, 'run'), request))
    },
  )
}

const MANY = {
  cancel: 'Cancel many runs. Those at work end after their batch; what was sent stays sent. `dry` only counts',
  resume: 'Let many runs go on that are paused, or were told to pause; `dry` only counts',
} as const

function controlMany(api: Api, parts: AppParts, what: keyof typeof MANY): void {
  api.post(
    `/workspaces/:workspace/runs/${what}`,
    {
      schema: {
        summary: MANY[what],
        tags: ['runs'],
        params: WorkspaceParams,
        body: ControlRunsRequest,
        response: { 200: ControlRunsAnswer },
      },
      config: { permission: 'runs.cancel' },
    },
    async (request) => {
      const { select, dry = false } = request.body
      return inTenant(parts, request, async (tx, workspace) => {
        const answer = await controlRuns(tx, workspace, what, 'ids' in select ? select : filterOf(select), dry)
        tell(request, { detail: { changed: answer.changed } })
        return answer
      })
    },
  )
}

function filterOf({ filter: { state, ...filter } }: Extract<RunsMeant, { readonly filter: object }>): RunSelection {
  return { filter: { ...filter, states: state === undefined ? undefined : statesOf(state) } }
}

export const hasEnded = ({ state }: Pick<RunRow, 'state'>): boolean =>
  state === 'succeeded' || state === 'partly' || state === 'failed' || state === 'cancelled'

/** Why nothing was done. */
function refusal(
  row: RunRow | undefined,
  otherwise: 'RUN_PAUSED' | 'RUN_NOT_PAUSED' | 'RUN_CANCELLING' = 'RUN_CANCELLING',
) {
  const run = found(row, 'run')
  if (hasEnded(run)) return new ApiProblem('RUN_ENDED')
  return new ApiProblem(run.cancel_requested ? 'RUN_CANCELLING' : otherwise)
}
