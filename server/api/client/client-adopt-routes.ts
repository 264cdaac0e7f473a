import { AdoptPreview, AdoptPreviewRequest, AdoptRequest, ClientView, ReleaseRequest } from '../../contract/clients.ts'
import { FlowParams } from '../../contract/flows.ts'
import { Type } from 'typebox'
import { type ClientRow, sourceOf } from '../../store/workspace/clients.ts'
import { listMemberships } from '../../store/people/people.ts'
import { whoAsks } from '../http/access.ts'
import { inTurn } from '../http/audit.ts'
import { adoptClient, lookAtAdoption, madeOf, releaseClient } from './client-adopt.ts'
import { clientsOf, keepResults, type MasterRequest, mayPush, type Place, rolesOf, sourceFor } from './clients.ts'
import type { Api, AppParts } from '../http/parts.ts'
import { found } from '../http/problems.ts'
import { viewClient } from './view-client.ts'

export function clientAdoptRoutes(api: Api, parts: AppParts): void {
  const tags = ['clients']

  api.post(
    '/workspaces/:workspace/flows/:flow/clients/adopt/preview',
    {
      schema: {
        summary: 'Say how a flow that a client already has differs from a version of this one',
        tags,
        params: FlowParams,
        body: AdoptPreviewRequest,
        response: { 200: AdoptPreview },
      },
      config: { permission: 'flows.publish', codes: ['NOT_PUBLISHED'] },
    },
    async (request) => {
      const { version, ...place } = request.body
      const { look } = await lookedAt(parts, request as MasterRequest, place, version)
      const { mine: _, ...shown } = look
      return shown
    },
  )

  api.post(
    '/workspaces/:workspace/flows/:flow/clients/adopt',
    {
      schema: {
        summary: 'Tie a flow that a client already has to this one. Nothing runs differently until a push',
        tags,
        params: FlowParams,
        body: AdoptRequest,
        response: { 200: ClientView },
      },
      config: {
        permission: 'flows.publish',
        codes: ['NOT_PUBLISHED', 'UNCHANGED', 'OVERTAKEN', 'FLOW_ARCHIVED', 'BINDING_INVALID', 'APPROVAL_NEEDED'],
      },
    },
    async (request) => {
      const master = request as MasterRequest
      const { workspace, flow, version, differences } = request.body
      const { look, source, row } = await lookedAt(parts, master, { workspace, flow }, version)
      await adoptClient(parts, inTurn(request, { workspace, flow }), source, look, request.body)
      const adopted = { workspace, flow, name: row.name, outcome: 'adopted' as const, number: null, reason: null }
      await keepResults(parts, master, 'adopt', source.version, [adopted])
      return viewClient(parts, { ...row, version: differences === 'keep' ? source.version : 0 })
    },
  )

  api.post(
    '/workspaces/:workspace/flows/:flow/clients/release',
    {
      schema: {
        summary: 'Let go of a client: its flow stays as it is, and no push reaches it any more',
        tags,
        params: FlowParams,
        body: ReleaseRequest,
        response: { 204: Type.Null() },
      },
      config: { permission: 'flows.publish' },
    },
    async (request, reply) => {
      const master = request as MasterRequest
      const { workspace, flow } = request.body
      const { seen } = await clientsOf(parts, master)
      const row = mayPush(seen.find((one) => one.workspace === workspace && one.flow === flow))
      const id = sourceOf(request.params.workspace, request.params.flow)
      await releaseClient(parts, inTurn(request, { workspace, flow }), { id })
      const released = { workspace, flow, name: row.name, outcome: 'released' as const, number: null, reason: null }
      await keepResults(parts, master, 'release', null, [released])
      return reply.code(204).send(null)
    },
  )
}

/** @throws ApiProblem NOT_FOUND, NOT_ALLOWED */
async function lookedAt(parts: AppParts, request: MasterRequest, place: Place, version: number) {
  const role = (await rolesOf(parts, request)).get(place.workspace)
  const memberships = await listMemberships(parts.system, whoAsks(request).person.id)
  const { name, closing } = found(role && memberships.find(({ id }) => id === place.workspace), 'workspace')
  const row: ClientRow = mayPush({
    ...place,
    name,
    version: 0,
    role: role ?? null,
    closing: closing !== undefined && closing !== null,
  })
  const source = await sourceFor(parts, request, version)
  const client = inTurn(request, { workspace: place.workspace, flow: place.flow })
  const look = await lookAtAdoption(parts, client, source, await madeOf(parts, request), { ...place, name })
  return { look, source, row }
}
