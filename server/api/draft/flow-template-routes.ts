import type { Transaction } from 'kysely'
import { FlowParams } from '../../contract/flows.ts'
import { FlowTemplate, Taken, TakeRequest } from '../../contract/templates.ts'
import type { Template } from '../../flow/document/template.ts'
import { summarizeChanges } from '../../flow/document/version.ts'
import { findTaken, setTaken } from '../../store/flow/flow-templates.ts'
import { findDraft, saveDraft } from '../../store/flow/flows.ts'
import type { Database } from '../../store/database/schema.ts'
import { whoAsks } from '../http/access.ts'
import { loadDraft } from './draft-routes.ts'
import { readStored } from '../flow/flow-documents.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { ApiProblem, found } from '../http/problems.ts'
import { takeOver } from '../flow/take-over.ts'

type Tx = Transaction<Database>

/** What taking the newest version would make of the draft; undefined where there is nothing newer. */
async function compare(tx: Tx, workspace: string, flow: string, templates: ReadonlyMap<string, Template>) {
  const row = found(await findDraft(tx, workspace, flow), 'flow')
  const taken = await findTaken(tx, workspace, flow)
  const template = taken && templates.get(taken.template)
  if (!taken || !template || template.version <= taken.version) return { taken, template, update: undefined }
  const mine = readStored(row.draft)
  const merged = takeOver(readStored(taken.document), mine, template.flow)
  return { taken, template, update: { mine, revision: row.draft_revision, ...merged } }
}

export function flowTemplateRoutes(api: Api, parts: AppParts, templates: ReadonlyMap<string, Template>): void {
  const tags = ['templates']

  api.get(
    '/workspaces/:workspace/flows/:flow/template',
    {
      schema: {
        summary: 'Say which template a flow was made of, and what its newest version would change',
        tags,
        params: FlowParams,
        response: { 200: FlowTemplate },
      },
      config: { permission: 'flows.read' },
    },
    async (request) => {
      const { taken, template, update } = await inTenant(parts, request, (tx, workspace) =>
        compare(tx, workspace, request.params.flow, templates),
      )
      if (!taken || !template) return { template: null, taken: taken?.version ?? null, update: null }
      const { id, key, version, title, summary, news } = template
      return {
        template: { id, key, version, title, summary, news: news.filter((one) => one.version > taken.version) },
        taken: taken.version,
        update: update
          ? {
              revision: update.revision,
              changes: summarizeChanges(update.mine, update.flow),
              conflicts: update.conflicts.map((conflict) => ({ ...conflict })),
            }
          : null,
      }
    },
  )

  api.post(
    '/workspaces/:workspace/flows/:flow/template/take',
    {
      schema: {
        summary:
          'Take the newest version of the template into the draft; nothing runs differently until it is published',
        tags,
        params: FlowParams,
        body: TakeRequest,
        response: { 200: Taken },
      },
      config: { permission: 'flows.edit', codes: ['UNCHANGED', 'OVERTAKEN'] },
    },
    async (request) => {
      const { flow } = request.params
      const by = whoAsks(request).person.id
      const version = await inTenant(parts, request, async (tx, workspace) => {
        const { taken, template, update } = await compare(tx, workspace, flow, templates)
        if (!taken || !template || !update)
          throw new ApiProblem('UNCHANGED', 'There is no newer version of its template.')
        const { revision } = request.body
        const document = JSON.stringify(update.flow)
        const saved = await saveDraft(tx, { workspace, flow, name: update.flow.name, document, by, revision })
        if (saved === undefined)
          throw new ApiProblem('OVERTAKEN', 'Somebody saved the draft since. Look at the difference again.')
        const base = JSON.stringify(template.flow)
        await setTaken(tx, { workspace, flow, template: template.id, version: template.version, document: base })
        return template.version
      })
      return { draft: await loadDraft(parts, request), taken: version }
    },
  )
}
