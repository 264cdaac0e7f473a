import { FlowView } from '../../contract/flows.ts'
import { InstallRequest, TemplateList, TemplateParams, TemplateView } from '../../contract/templates.ts'
import { WorkspaceParams } from '../../contract/shared.ts'
import { formOf } from '../../flow/document/answers.ts'
import { formSchema } from '../../flow/document/form.ts'
import type { Template } from '../../flow/document/template.ts'
import { countTaken, setTaken } from '../../store/flow/flow-templates.ts'
import { insertFlow } from '../../store/flow/flows.ts'
import { newId } from '../../store/database/ids.ts'
import { whoAsks } from '../http/access.ts'
import { showFlow } from '../draft/flow-routes.ts'
import { installTemplate } from './install-template.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { found } from '../http/problems.ts'
import { permissionsOf } from '../flow/templates.ts'

export function templateRoutes(api: Api, parts: AppParts, templates: ReadonlyMap<string, Template>): void {
  const tags = ['templates']

  api.get(
    '/workspaces/:workspace/templates',
    {
      schema: {
        summary: 'List prebuilt flows',
        tags,
        params: WorkspaceParams,
        response: { 200: TemplateList },
      },
      config: { permission: 'flows.read' },
    },
    async (request) => {
      const taken = await inTenant(parts, request, (tx, workspace) => countTaken(tx, workspace))
      return {
        items: [...templates.values()].map(({ id, key, version, title, summary, flow }) => ({
          ...{ id, key, version, title, summary, flow },
          connectors: [...new Set(Object.values(flow.slots).map(({ connector }) => connector))].sort(),
          flows: taken.get(id) ?? 0,
        })),
      }
    },
  )

  api.get(
    '/workspaces/:workspace/templates/:template',
    {
      schema: {
        summary: 'Show a prebuilt flow: what moves, what it needs, what it asks',
        tags,
        params: TemplateParams,
        response: { 200: TemplateView },
      },
      config: { permission: 'flows.read' },
    },
    async (request) => {
      const template = found(templates.get(request.params.template), 'template')
      const form = formOf(template.flow)
      return {
        ...template,
        slots: permissionsOf(template, parts),
        form: [...form],
        schema: formSchema(form),
      }
    },
  )

  api.post(
    '/workspaces/:workspace/templates/:template',
    {
      schema: {
        summary: 'Make a flow of a template, to be bound and published by hand',
        tags,
        params: TemplateParams,
        response: { 201: FlowView },
      },
      config: { permission: 'flows.edit' },
    },
    async (request, reply) => {
      const { id: template, version, flow } = found(templates.get(request.params.template), 'template')
      const id = newId()
      const document = JSON.stringify(flow)
      await inTenant(parts, request, async (tx, workspace) => {
        await insertFlow(tx, { workspace, id, name: flow.name, draft: document, by: whoAsks(request).person.id })
        await setTaken(tx, { workspace, flow: id, template, version, document })
      })
      return reply.code(201).send(await showFlow(parts, request, id))
    },
  )

  api.post(
    '/workspaces/:workspace/templates/:template/install',
    {
      schema: {
        summary:
          'Make a flow of a template that is bound, answered and published, and still off. Where a second person approves what goes live, that is asked for',
        tags,
        params: TemplateParams,
        body: InstallRequest,
        response: { 201: FlowView },
      },
      config: {
        permission: 'flows.publish',
        codes: ['BINDING_INVALID', 'ANSWERS_REFUSED', 'ANSWERS_MISSING', 'FLOW_HAS_ERRORS'],
      },
    },
    async (request, reply) => {
      const template = found(templates.get(request.params.template), 'template')
      const { flow } = await installTemplate(parts, request, template, request.body, whoAsks(request).person)
      return reply.code(201).send(await showFlow(parts, request, flow))
    },
  )
}
