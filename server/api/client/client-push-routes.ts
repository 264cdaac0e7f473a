import {
  type ClientPreview,
  PreviewPushRequest,
  PushPreview,
  PushRequest,
  PushResults,
  RollBackRequest,
  Trials,
} from '../../contract/clients.ts'
import { FlowParams } from '../../contract/flows.ts'
import { sourceOf } from '../../store/workspace/clients.ts'
import { whoAsks } from '../http/access.ts'
import { inTurn } from '../http/audit.ts'
import { lookAtClient, viewLook } from './client-look.ts'
import { pushToClient, rollBackClient, tryClient } from './client-push.ts'
import { clientsOf, eachClient, keepResults, type MasterRequest, mayPush, sourceFor } from './clients.ts'
import type { Api, AppParts } from '../http/parts.ts'
import { ApiProblem, found } from '../http/problems.ts'

export function clientPushRoutes(api: Api, parts: AppParts): void {
  const tags = ['clients']

  api.post(
    '/workspaces/:workspace/flows/:flow/clients/preview',
    {
      schema: {
        summary: 'Say what a version would change at each client, and what keeps it from being pushed there',
        tags,
        params: FlowParams,
        body: PreviewPushRequest,
        response: { 200: PushPreview },
      },
      config: { permission: 'flows.publish' },
    },
    async (request) => {
      const master = request as MasterRequest
      const source = await sourceFor(parts, master, request.body.version)
      const { seen } = await clientsOf(parts, master)
      const items: ClientPreview[] = []
      for (const { workspace, flow } of request.body.clients) {
        const row = seen.find((one) => one.workspace === workspace && one.flow === flow)
        const place = { workspace, flow, name: row?.name ?? '' }
        try {
          mayPush(row)
          const look = found(await lookAtClient(parts, inTurn(request, { workspace, flow }), source), 'client')
          items.push(viewLook(place, look, source))
        } catch (error) {
          if (!(error instanceof ApiProblem)) throw error
          items.push({ ...place, ...UNSEEN, to: source.version, refusals: [refusalOf(error)] })
        }
      }
      return { items }
    },
  )

  api.post(
    '/workspaces/:workspace/flows/:flow/clients/try',
    {
      schema: {
        summary: 'Try at each client what would run there after the push: reads are real, nothing is sent',
        tags,
        params: FlowParams,
        body: PreviewPushRequest,
        response: { 200: Trials },
      },
      config: { permission: 'flows.publish' },
    },
    async (request) => {
      const source = await sourceFor(parts, request as MasterRequest, request.body.version)
      const { person } = whoAsks(request)
      const { seen } = await clientsOf(parts, request as MasterRequest)
      const items: Trials['items'] = []
      for (const { workspace, flow } of request.body.clients) {
        try {
          mayPush(seen.find((one) => one.workspace === workspace && one.flow === flow))
          const client = inTurn(request, { workspace, flow })
          const look = found(await lookAtClient(parts, client, source), 'client')
          const refusal = look.refusals.find(({ code }) => code !== 'UNCHANGED')
          if (refusal) items.push({ workspace, flow, run: null, reason: refusal.message })
          else items.push({ workspace, flow, run: await tryClient(parts, client, look, source, person), reason: null })
        } catch (error) {
          if (!(error instanceof ApiProblem)) throw error
          items.push({ workspace, flow, run: null, reason: error.message })
        }
      }
      return { items }
    },
  )

  api.post(
    '/workspaces/:workspace/flows/:flow/clients/push',
    {
      schema: {
        summary:
          'Publish a version at each of the chosen clients, or ask a second person there; what they have changed stays',
        tags,
        params: FlowParams,
        body: PushRequest,
        response: { 200: PushResults },
      },
      config: { permission: 'flows.publish' },
    },
    async (request) => {
      const master = request as MasterRequest
      const { version, summary, clients } = request.body
      const source = await sourceFor(parts, master, version)
      const author = whoAsks(request).person
      const items = await eachClient(parts, master, clients, 'pushed', async (client, _row, at) => {
        const look = found(await lookAtClient(parts, client, source), 'client')
        const [refusal, ...more] = look.refusals
        if (refusal) {
          const others = more.length > 0 ? ` (and ${more.length} more)` : ''
          throw new ApiProblem('FLOW_HAS_ERRORS', `${refusal.message}${others}`)
        }
        const { live = null, revision = 0 } = clients[at] ?? {}
        return pushToClient(parts, client, look, source, { live, revision, summary: summary.trim(), author })
      })
      await keepResults(parts, master, 'push', version, items)
      return { items }
    },
  )

  api.post(
    '/workspaces/:workspace/flows/:flow/clients/roll-back',
    {
      schema: {
        summary: 'Let chosen clients run again what ran there before the last push',
        tags,
        params: FlowParams,
        body: RollBackRequest,
        response: { 200: PushResults },
      },
      config: { permission: 'flows.publish' },
    },
    async (request) => {
      const master = request as MasterRequest
      const { clients } = request.body
      const { name } = await sourceFor(parts, master)
      const source = { id: sourceOf(request.params.workspace, request.params.flow), name }
      const author = whoAsks(request).person
      const items = await eachClient(parts, master, clients, 'rolled-back', (client, _row, at) =>
        rollBackClient(parts, client, source, clients[at]?.number ?? 0, author),
      )
      await keepResults(parts, master, 'roll-back', null, items)
      return { items }
    },
  )
}

const UNSEEN = {
  ...{ from: null, live: null, revision: null, enabled: false, draftChanged: false, changes: null },
  ...{ approval: false, waiting: null, conflicts: [] },
}

const refusalOf = ({ code, message }: ApiProblem) => ({ code, message })
