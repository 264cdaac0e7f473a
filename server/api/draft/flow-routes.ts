import { FlowList, FlowListQuery, FlowParams, FlowPatch, FlowView } from '../../contract/flows.ts'
import { Json, WorkspaceParams } from '../../contract/shared.ts'
import type { Flow } from '../../flow/document/flow.ts'
import { MAX_FLOW_BYTES } from '../../flow/document/flow.ts'
import { findDraft, insertFlow, listFlows, lockFlow, renameFlow, setArchived, setTags } from '../../store/flow/flows.ts'
import { newId } from '../../store/database/ids.ts'
import { dropTurnOn } from '../../store/flow/turn-ons.ts'
import { whoAsks } from '../http/access.ts'
import { tell } from '../http/audit.ts'
import { readGiven, readStored } from '../flow/flow-documents.ts'
import { takeText } from '../http/json-body.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { ApiProblem, found } from '../http/problems.ts'
import { viewFlow } from '../view/views.ts'

type Request = { readonly params: { readonly workspace: string } }

/** One flow as the list shows it. */
export async function showFlow(parts: AppParts, request: Request, flow: string): Promise<FlowView> {
  const [row] = await inTenant(parts, request, (tx, workspace) => listFlows(tx, workspace, { flow }))
  return viewFlow(found(row, 'flow'))
}

/** A new flow with this draft, off and not published. */
export async function createFlow(parts: AppParts, request: Request, document: Flow, by: string): Promise<FlowView> {
  const id = newId()
  tell(request, { subject: { flow: id }, detail: { name: document.name } })
  await inTenant(parts, request, (tx, workspace) =>
    insertFlow(tx, { workspace, id, name: document.name, draft: JSON.stringify(document), by }),
  )
  return showFlow(parts, request, id)
}

/** `Sales – EU.json`, in letters that every file system and header takes. */
function fileName(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .toLowerCase()
  return `${plain.slice(0, 80) || 'flow'}.flow.json`
}

export function flowRoutes(api: Api, parts: AppParts): void {
  const tags = ['flows']

  api.get(
    '/workspaces/:workspace/flows',
    {
      schema: {
        summary: 'List flows with their state',
        tags,
        params: WorkspaceParams,
        querystring: FlowListQuery,
        response: { 200: FlowList },
      },
      config: { permission: 'flows.read' },
    },
    async (request) => {
      const archived = request.query.archived ?? false
      const rows = await inTenant(parts, request, (tx, workspace) => listFlows(tx, workspace, { archived }))
      return { items: rows.map(viewFlow) }
    },
  )

  api.get(
    '/workspaces/:workspace/flows/:flow',
    {
      schema: { summary: 'Show a flow', tags, params: FlowParams, response: { 200: FlowView } },
      config: { permission: 'flows.read' },
    },
    async (request) => showFlow(parts, request, request.params.flow),
  )

  api.patch(
    '/workspaces/:workspace/flows/:flow',
    {
      schema: {
        summary: 'Rename or tag a flow, put it into the archive or take it out',
        tags,
        params: FlowParams,
        body: FlowPatch,
        response: { 200: FlowView },
      },
      config: { permission: 'flows.edit', codes: ['FLOW_IS_ON'] },
    },
    async (request) => {
      const { flow } = request.params
      const { name, archived, tags } = request.body
      await inTenant(parts, request, async (tx, workspace) => {
        const state = found(await lockFlow(tx, workspace, flow), 'flow')
        if (archived === true && state.enabled)
          throw new ApiProblem('FLOW_IS_ON', 'Switch the flow off before archiving it.')
        if (name !== undefined) await renameFlow(tx, workspace, flow, name, whoAsks(request).person.id)
        if (tags !== undefined) await setTags(tx, workspace, flow, tags)
        if (archived !== undefined) await setArchived(tx, workspace, flow, archived)
        if (archived === true) await dropTurnOn(tx, workspace, flow)
      })
      return showFlow(parts, request, flow)
    },
  )

  api.get(
    '/workspaces/:workspace/flows/:flow/export',
    {
      schema: {
        summary: 'Download the draft as a file',
        tags,
        params: FlowParams,
        produces: ['application/json'],
        response: { 200: Json },
      },
      config: { permission: 'flows.read' },
    },
    async (request, reply) => {
      const { flow } = request.params
      const row = found(await inTenant(parts, request, (tx, workspace) => findDraft(tx, workspace, flow)), 'flow')
      const document = readStored(row.draft)
      return reply
        .type('application/json; charset=utf-8')
        .header('content-disposition', `attachment; filename="${fileName(document.name)}"`)
        .serializer((text: string) => text)
        .send(`${JSON.stringify(document, null, 2)}\n`)
    },
  )

  api.register(async (scope: Api) => {
    takeText(scope, MAX_FLOW_BYTES)
    for (const [path, summary] of [
      ['/workspaces/:workspace/flows', 'Make a flow from a document'],
      ['/workspaces/:workspace/flows/import', 'Import a file as a new flow'],
    ] as const) {
      scope.post(
        path,
        {
          schema: { summary, tags, params: WorkspaceParams, response: { 201: FlowView } },
          config: { permission: 'flows.edit', flowDocument: 'required' },
        },
        async (request, reply) => {
          const document = readGiven(request.body)
          return reply.code(201).send(await createFlow(parts, request, document, whoAsks(request).person.id))
        },
      )
    }
  })
}
