import {
  DraftSession,
  DraftSessionList,
  DraftSessionParams,
  type DraftSessionView,
  NameRequest,
} from '../../contract/drafts.ts'
import { FlowParams } from '../../contract/flows.ts'
import { type DraftSessionRow, findSession, listSessions, nameMoment } from '../../store/flow/draft-sessions.ts'
import { findDraft } from '../../store/flow/flows.ts'
import { whoAsks } from '../http/access.ts'
import { readStored } from '../flow/flow-documents.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { found } from '../http/problems.ts'

const view = (row: DraftSessionRow): DraftSessionView => ({
  number: row.number,
  author: row.author,
  beganAt: row.began_at.toISOString(),
  endedAt: row.ended_at.toISOString(),
  firstRevision: row.first_revision,
  lastRevision: row.last_revision,
  name: row.name,
})

export function draftSessionRoutes(api: Api, parts: AppParts): void {
  const tags = ['drafts']

  api.get(
    '/workspaces/:workspace/flows/:flow/draft/sessions',
    {
      schema: {
        summary: 'List who worked on the draft and when, newest first',
        tags,
        params: FlowParams,
        response: { 200: DraftSessionList },
      },
      config: { permission: 'flows.read' },
    },
    async (request) => {
      const { flow } = request.params
      return inTenant(parts, request, async (tx, workspace) => {
        found(await findDraft(tx, workspace, flow), 'flow')
        return { items: (await listSessions(tx, workspace, flow)).map(view) }
      })
    },
  )

  api.get(
    '/workspaces/:workspace/flows/:flow/draft/sessions/:session',
    {
      schema: {
        summary: 'Get the draft as it stood at the end of a session',
        tags,
        params: DraftSessionParams,
        response: { 200: DraftSession },
      },
      config: { permission: 'flows.read' },
    },
    async (request) => {
      const { flow, session } = request.params
      const row = await inTenant(parts, request, (tx, workspace) => findSession(tx, workspace, flow, session))
      const one = found(row, 'session')
      return { ...view(one), document: readStored(one.document) }
    },
  )

  api.post(
    '/workspaces/:workspace/flows/:flow/draft/name',
    {
      schema: {
        summary: 'Give the draft as it stands a name in its history',
        tags,
        params: FlowParams,
        body: NameRequest,
        response: { 200: DraftSessionList },
      },
      config: { permission: 'flows.edit' },
    },
    async (request) => {
      const { flow } = request.params
      const by = whoAsks(request).person.id
      return inTenant(parts, request, async (tx, workspace) => {
        found(await findDraft(tx, workspace, flow), 'flow')
        await nameMoment(tx, { workspace, flow, by, name: request.body.name.trim() })
        return { items: (await listSessions(tx, workspace, flow)).map(view) }
      })
    },
  )
}
