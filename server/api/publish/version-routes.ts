import {
  Changes,
  ChangesQuery,
  Draft,
  FlowParams,
  Published,
  PublishRequest,
  Version,
  VersionList,
  VersionParams,
} from '../../contract/flows.ts'
import { summarizeChanges } from '../../flow/document/version.ts'
import { forgetAuthors } from '../../store/flow/approvals.ts'
import { findDraft, lockFlow } from '../../store/flow/flows.ts'
import { findVersion, listVersions } from '../../store/flow/versions.ts'
import { whoAsks } from '../http/access.ts'
import { tell } from '../http/audit.ts'
import { keepDraft, shown } from '../draft/draft-routes.ts'
import { EMPTY_FLOW, readStored } from '../flow/flow-documents.ts'
import { showFlow } from '../draft/flow-routes.ts'
import { makeLive } from './make-live.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { found } from '../http/problems.ts'
import { overtaken, prepare } from './publication.ts'
import { viewVersion } from '../view/views.ts'

export function versionRoutes(api: Api, parts: AppParts): void {
  const tags = ['versions']

  api.post(
    '/workspaces/:workspace/flows/:flow/publish',
    {
      schema: {
        summary: 'Publish the draft: it becomes the live version, numbered and never changed again',
        tags,
        params: FlowParams,
        body: PublishRequest,
        response: { 201: Published },
      },
      config: {
        permission: 'flows.publish',
        codes: [
          'DRAFT_CONFLICT',
          'FLOW_HAS_ERRORS',
          'UNCHANGED',
          'FLOW_ARCHIVED',
          'ANSWERS_MISSING',
          'APPROVAL_NEEDED',
        ],
      },
    },
    async (request, reply) => {
      const { flow } = request.params
      const { summary, revision } = request.body
      const { draft, document, hash, problems } = await prepare(parts, request, flow, revision)
      const { person } = whoAsks(request)
      const version = await inTenant(parts, request, async (tx, workspace) => {
        // Validating took a while; somebody may have saved or published meanwhile.
        const state = found(await lockFlow(tx, workspace, flow), 'flow')
        if (state.draft_revision !== revision || state.live_version !== draft.live_version)
          throw overtaken(state.draft_revision)
        const { enabled } = state
        const row = await makeLive(parts, tx, { workspace, flow, document, hash, author: person, summary, enabled })
        await forgetAuthors(tx, workspace, flow)
        tell(request, { detail: { version: row.number, hash } })
        return row
      })
      return reply.code(201).send({
        flow: await showFlow(parts, request, flow),
        version: viewVersion(version, version.number),
        warnings: shown(problems),
      })
    },
  )

  api.get(
    '/workspaces/:workspace/flows/:flow/versions',
    {
      schema: { summary: 'List the versions of a flow', tags, params: FlowParams, response: { 200: VersionList } },
      config: { permission: 'flows.read' },
    },
    async (request) => {
      const { flow } = request.params
      return inTenant(parts, request, async (tx, workspace) => {
        const { live_version } = found(await findDraft(tx, workspace, flow), 'flow')
        const rows = await listVersions(tx, workspace, flow)
        return { items: rows.map((row) => viewVersion(row, live_version)) }
      })
    },
  )

  api.get(
    '/workspaces/:workspace/flows/:flow/versions/:number',
    {
      schema: { summary: 'Get a version with its document', tags, params: VersionParams, response: { 200: Version } },
      config: { permission: 'flows.read' },
    },
    async (request) => {
      const { flow, number } = request.params
      return inTenant(parts, request, async (tx, workspace) => {
        const { live_version } = found(await findDraft(tx, workspace, flow), 'flow')
        const row = found(await findVersion(tx, workspace, flow, number), 'version')
        return { ...viewVersion(row, live_version), document: readStored(row.document, row.layout) }
      })
    },
  )

  api.get(
    '/workspaces/:workspace/flows/:flow/versions/:number/changes',
    {
      schema: {
        summary: 'Say what a version changed since the one before, or since another',
        tags,
        params: VersionParams,
        querystring: ChangesQuery,
        response: { 200: Changes },
      },
      config: { permission: 'flows.read' },
    },
    async (request) => {
      const { flow, number } = request.params
      // What was only tried is compared with nothing, unless asked.
      const from = request.query.since ?? (number > 0 ? number - 1 : 0)
      return inTenant(parts, request, async (tx, workspace) => {
        const to = found(await findVersion(tx, workspace, flow, number), 'version')
        const since = from === 0 ? undefined : found(await findVersion(tx, workspace, flow, from), 'version')
        const before = since ? readStored(since.document, since.layout) : EMPTY_FLOW
        return { from, to: number, changes: summarizeChanges(before, readStored(to.document, to.layout)) }
      })
    },
  )

  api.post(
    '/workspaces/:workspace/flows/:flow/versions/:number/restore',
    {
      schema: {
        summary: 'Make the draft what this version was; what runs stays as it is',
        tags,
        params: VersionParams,
        response: { 200: Draft },
      },
      config: { permission: 'flows.edit' },
    },
    async (request) => {
      const { flow, number } = request.params
      const row = await inTenant(parts, request, (tx, workspace) => findVersion(tx, workspace, flow, number))
      const { document, layout } = found(row, 'version')
      return keepDraft(parts, request, readStored(document, layout), whoAsks(request).person.id, undefined)
    },
  )
}
