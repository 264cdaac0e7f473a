import { AddClientRequest, ClientList, type ClientPush, type ClientResult, ClientView } from '../../contract/clients.ts'
import { FlowParams } from '../../contract/flows.ts'
import { listClientPushes } from '../../store/workspace/clients.ts'
import { findDraft } from '../../store/flow/flows.ts'
import { listMemberships } from '../../store/people/people.ts'
import { refuseClosing, whoAsks } from '../http/access.ts'
import { inTurn } from '../http/audit.ts'
import { whoDrew } from './client-push.ts'
import { clientsOf, keepResults, type MasterRequest, rolesOf, sourceFor } from './clients.ts'
import { installTemplate } from '../publish/install-template.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { isAllowed } from '../http/permissions.ts'
import { ApiProblem, found } from '../http/problems.ts'
import { viewClient } from './view-client.ts'

export function clientRoutes(api: Api, parts: AppParts): void {
  const tags = ['clients']

  api.get(
    '/workspaces/:workspace/flows/:flow/clients',
    {
      schema: {
        summary: 'List flows in clients’ workspaces that were made of this one, and the version each has',
        tags,
        params: FlowParams,
        response: { 200: ClientList },
      },
      config: { permission: 'flows.read' },
    },
    async (request) => {
      const { flow } = request.params
      const pushes = await inTenant(parts, request, async (tx, workspace) => {
        found(await findDraft(tx, workspace, flow), 'flow')
        return listClientPushes(tx, workspace, flow)
      })
      const { seen, hidden, roles } = await clientsOf(parts, request as MasterRequest)
      const items: ClientView[] = []
      for (const row of seen) items.push(await viewClient(parts, row))
      return {
        items,
        hidden,
        pushes: pushes.map(({ results, at, ...push }): ClientPush => {
          const all = results as ClientResult[] // written by keepResults
          return { ...push, at: at.toISOString(), results: all.filter(({ workspace }) => roles.has(workspace)) }
        }),
      }
    },
  )

  api.post(
    '/workspaces/:workspace/flows/:flow/clients',
    {
      schema: {
        summary:
          'Make a flow for a client of the live version: bound, answered, published there, and still off. Where a second person there approves what goes live, that is asked for',
        tags,
        params: FlowParams,
        body: AddClientRequest,
        response: { 201: ClientView },
      },
      config: {
        permission: 'flows.publish',
        codes: ['NOT_PUBLISHED', 'BINDING_INVALID', 'ANSWERS_REFUSED', 'ANSWERS_MISSING', 'FLOW_HAS_ERRORS'],
      },
    },
    async (request, reply) => {
      const master = request as MasterRequest
      const { workspace, ...rest } = request.body
      const role = (await rolesOf(parts, master)).get(workspace)
      if (!role)
        throw new ApiProblem('NOT_FOUND', 'There is no such workspace, or it does not let you in, as you signed in.')
      if (!isAllowed(role, 'flows.publish'))
        throw new ApiProblem('NOT_ALLOWED', `The role ${role} there does not include “flows.publish”. Ask an owner.`)
      const { person } = whoAsks(request)
      const there = (await listMemberships(parts.system, person.id)).find(({ id }) => id === workspace)
      refuseClosing(there?.closing, false)
      const { document, ...source } = await sourceFor(parts, master)
      // The flow there has no id yet; the entry gets it below.
      const client = inTurn(request, { workspace, flow: '' })
      const template = { ...source, title: source.name, flow: document }
      const drew = await whoDrew(parts, source.id, 0, source.version)
      const { flow, approval } = await installTemplate(parts, client, template, rest, person, {
        name: source.name,
        drew,
      })
      const name = there?.name ?? ''
      const added = {
        ...{ workspace, flow, name, reason: null },
        ...(approval
          ? { outcome: 'asked' as const, number: null, approval }
          : { outcome: 'added' as const, number: 1 }),
      }
      await keepResults(parts, master, 'add', source.version, [added])
      const row = { workspace, name, flow, version: approval ? 0 : source.version, role, closing: false }
      return reply.code(201).send(await viewClient(parts, row))
    },
  )
}
