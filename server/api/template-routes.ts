import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FlowView, TemplateList, TemplateParams } from '../contract/flows.ts'
import { WorkspaceParams } from '../contract/shared.ts'
import type { Flow } from '../flow/flow.ts'
import { readFlow } from '../flow/read.ts'
import { whoAsks } from './access.ts'
import { createFlow } from './flow-routes.ts'
import type { Api, AppParts } from './parts.ts'
import { found } from './problems.ts'

const FOLDER = fileURLToPath(new URL('../templates', import.meta.url))

/** Prebuilt flows by file name. Read at start-up: they come with the product and do not change while it runs. */
function loadTemplates(folder = FOLDER): ReadonlyMap<string, Flow> {
  if (!existsSync(folder)) return new Map()
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'))
  return new Map(
    files.sort().map((file) => {
      const result = readFlow(readFileSync(join(folder, file), 'utf8'))
      if (!result.ok) throw new Error(`The template ${file} cannot be read: ${result.problems[0]?.message}`)
      return [file.slice(0, -'.json'.length), result.flow]
    }),
  )
}

export function templateRoutes(api: Api, parts: AppParts): void {
  const templates = loadTemplates()

  api.get(
    '/workspaces/:workspace/templates',
    {
      schema: {
        summary: 'List prebuilt flows',
        tags: ['templates'],
        params: WorkspaceParams,
        response: { 200: TemplateList },
      },
      config: { permission: 'flows.read' },
    },
    async () => ({
      items: [...templates].map(([id, flow]) => ({
        id,
        name: flow.name,
        description: flow.description,
        connectors: [...new Set(Object.values(flow.slots).map(({ connector }) => connector))].sort(),
      })),
    }),
  )

  api.post(
    '/workspaces/:workspace/templates/:template',
    {
      schema: {
        summary: 'Make a flow of a template',
        tags: ['templates'],
        params: TemplateParams,
        response: { 201: FlowView },
      },
      config: { permission: 'flows.edit' },
    },
    async (request, reply) => {
      const flow = found(templates.get(request.params.template), 'template')
      return reply.code(201).send(await createFlow(parts, request, flow, whoAsks(request).person.id))
    },
  )
}
