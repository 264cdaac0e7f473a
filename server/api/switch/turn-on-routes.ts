import { FlowParams, FlowView } from '../../contract/flows.ts'
import { TurnOnRequest } from '../../contract/turn-on.ts'
import { lockFlow } from '../../store/flow/flows.ts'
import { dropTurnOn, setTurnOn } from '../../store/flow/turn-ons.ts'
import { whoAsks } from '../http/access.ts'
import { showFlow } from '../draft/flow-routes.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { ApiProblem, found } from '../http/problems.ts'

const YEAR_MS = 366 * 86_400_000

/** @throws ApiProblem REQUEST_INVALID; an answer that comes when the time has passed would never be carried out as it was meant */
export function checkTurnOn(on: boolean, { at }: TurnOnRequest): void {
  if (on) throw new ApiProblem('REQUEST_INVALID', '`again` goes with switching off.')
  const time = Date.parse(at)
  if (!(time > Date.now() && time <= Date.now() + YEAR_MS))
    throw new ApiProblem('REQUEST_INVALID', 'The time has to be in the future, and at most a year ahead.')
}

export function turnOnRoutes(api: Api, parts: AppParts): void {
  const path = '/workspaces/:workspace/flows/:flow/turn-on'
  const tags = ['flows']

  api.put(
    path,
    {
      schema: {
        summary: 'Set when a flow that is off turns on by itself',
        tags,
        params: FlowParams,
        body: TurnOnRequest,
        response: { 200: FlowView },
      },
      config: { permission: 'flows.switch', codes: ['FLOW_IS_ON', 'FLOW_ARCHIVED', 'NOT_PUBLISHED'] },
    },
    async (request) => {
      const { flow } = request.params
      const { at, backlog } = request.body
      checkTurnOn(false, request.body)
      await inTenant(parts, request, async (tx, workspace) => {
        const state = found(await lockFlow(tx, workspace, flow), 'flow')
        if (state.enabled) throw new ApiProblem('FLOW_IS_ON', 'It is on already.')
        if (state.archived_at !== null) throw new ApiProblem('FLOW_ARCHIVED')
        if (state.live_version === null) throw new ApiProblem('NOT_PUBLISHED')
        await setTurnOn(tx, { workspace, flow, at: new Date(at), backlog, by: whoAsks(request).person.id })
      })
      return showFlow(parts, request, flow)
    },
  )

  api.delete(
    path,
    {
      schema: {
        summary: 'Let a flow that is off stay off, or put away what became of turning on by itself',
        tags,
        params: FlowParams,
        response: { 200: FlowView },
      },
      config: { permission: 'flows.switch' },
    },
    async (request) => {
      const { flow } = request.params
      await inTenant(parts, request, async (tx, workspace) => {
        found(await lockFlow(tx, workspace, flow), 'flow')
        await dropTurnOn(tx, workspace, flow)
      })
      return showFlow(parts, request, flow)
    },
  )
}
