import { Draft, FlowParams, ProblemList } from '../../contract/flows.ts'
import { WorkspaceParams } from '../../contract/shared.ts'
import { type Flow, MAX_FLOW_BYTES } from '../../flow/document/flow.ts'
import type { Problem } from '../../flow/schema/problem.ts'
import { readFlow } from '../../flow/document/read.ts'
import { withoutParts } from '../../flow/document/version.ts'
import { listBindings } from '../../store/connection/bindings.ts'
import { noteSaved } from '../../store/flow/draft-sessions.ts'
import { type DraftRow, findDraft, saveDraft } from '../../store/flow/flows.ts'
import { whoAsks } from '../http/access.ts'
import { withCalled } from '../flow/called-flows.ts'
import { problemsOf, readGiven, readStored } from '../flow/flow-documents.ts'
import { takeText } from '../http/json-body.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { ApiProblem, found } from '../http/problems.ts'

type FlowRequest = { readonly params: { readonly workspace: string; readonly flow: string } }

const etag = (revision: number): string => `"${revision}"`

function viewDraft(row: DraftRow): Draft {
  return {
    document: readStored(row.draft),
    revision: row.draft_revision,
    at: row.draft_at.toISOString(),
    by: row.draft_by,
  }
}

export async function loadDraft(parts: AppParts, request: FlowRequest): Promise<Draft> {
  const row = await inTenant(parts, request, (tx, workspace) => findDraft(tx, workspace, request.params.flow))
  return viewDraft(found(row, 'flow'))
}

/** The revision that `If-Match` names; `*` means whatever is there. */
function expectedRevision(header: string | undefined): number | undefined {
  if (header === undefined) throw new ApiProblem('DRAFT_UNNAMED')
  if (header.trim() === '*') return undefined
  const revision = /^\s*(?:W\/)?"?(\d{1,9})"?\s*$/.exec(header)?.[1]
  if (revision === undefined)
    throw new ApiProblem('DRAFT_UNNAMED', 'If-Match must be the ETag of the draft, such as "7".')
  return Number(revision)
}

/** Saves a draft over the named revision, or over any, and answers the draft as it stands then. */
export async function keepDraft(
  parts: AppParts,
  request: FlowRequest,
  document: Flow,
  by: string,
  revision: number | undefined,
): Promise<Draft> {
  const { flow } = request.params
  // A version that becomes a draft again leaves behind what it called.
  const text = JSON.stringify(withoutParts(document))
  const saved = await inTenant(parts, request, async (tx, workspace) => {
    const draft = { workspace, flow, name: document.name, document: text, by }
    const next = await saveDraft(tx, { ...draft, ...(revision === undefined ? {} : { revision }) })
    if (next !== undefined) await noteSaved(tx, { ...draft, revision: next })
    return next
  })
  const current = await loadDraft(parts, request)
  if (saved !== undefined) return current
  const who = current.by ?? 'Somebody'
  throw new ApiProblem(
    'DRAFT_CONFLICT',
    `${who} saved revision ${current.revision} since. Take it over, or save yours again on top.`,
    {
      current,
    },
  )
}

export function draftRoutes(api: Api, parts: AppParts): void {
  const tags = ['drafts']

  api.get(
    '/workspaces/:workspace/flows/:flow/draft',
    {
      schema: {
        summary: 'Get the draft; its ETag is the revision',
        tags,
        params: FlowParams,
        response: { 200: Draft },
      },
      config: { permission: 'flows.read' },
    },
    async (request, reply) => {
      const draft = await loadDraft(parts, request)
      reply.header('etag', etag(draft.revision))
      return draft
    },
  )

  api.register(async (scope: Api) => {
    takeText(scope, MAX_FLOW_BYTES)

    scope.put(
      '/workspaces/:workspace/flows/:flow/draft',
      {
        schema: {
          summary: 'Save the draft; If-Match names the revision it was made from',
          tags,
          params: FlowParams,
          response: { 200: Draft },
        },
        config: { permission: 'flows.edit', flowDocument: 'required', codes: ['DRAFT_CONFLICT', 'DRAFT_UNNAMED'] },
      },
      async (request, reply) => {
        const revision = expectedRevision(request.headers['if-match'])
        const draft = await keepDraft(parts, request, readGiven(request.body), whoAsks(request).person.id, revision)
        reply.header('etag', etag(draft.revision))
        return draft
      },
    )

    scope.post(
      '/workspaces/:workspace/flows/:flow/import',
      {
        schema: {
          summary: 'Import a file into the draft; with If-Match only over that revision',
          tags,
          params: FlowParams,
          response: { 200: Draft },
        },
        config: { permission: 'flows.edit', flowDocument: 'required', codes: ['DRAFT_CONFLICT'] },
      },
      async (request, reply) => {
        const revision = expectedRevision(request.headers['if-match'] ?? '*')
        const draft = await keepDraft(parts, request, readGiven(request.body), whoAsks(request).person.id, revision)
        reply.header('etag', etag(draft.revision))
        return draft
      },
    )

    scope.post(
      '/workspaces/:workspace/flows/:flow/validate',
      {
        schema: {
          summary: 'Say what is wrong with the draft, or with the document in the body, for this flow’s connections',
          tags,
          params: FlowParams,
          response: { 200: ProblemList },
        },
        config: { permission: 'flows.read', whileClosing: true, flowDocument: 'optional' },
      },
      async (request) => {
        const { flow } = request.params
        const { row, bindings } = await inTenant(parts, request, async (tx, workspace) => ({
          row: found(await findDraft(tx, workspace, flow), 'flow'),
          bindings: await listBindings(tx, workspace, flow),
        }))
        const given = textOf(request.body)
        const result = given === undefined ? { ok: true as const, flow: readStored(row.draft) } : readFlow(given)
        if (!result.ok) return { problems: shown(result.problems) }
        const called = await inTenant(parts, request, (tx, workspace) => withCalled(tx, workspace, result.flow))
        const calls = { self: flow, live: called.live }
        const problems = await problemsOf(parts, called.document, bindings, undefined, calls)
        return { problems: shown([...called.problems, ...problems]) }
      },
    )

    scope.post(
      '/workspaces/:workspace/validate',
      {
        schema: {
          summary: 'Say what is wrong with a document, whichever flow it may become',
          tags,
          params: WorkspaceParams,
          response: { 200: ProblemList },
        },
        config: { permission: 'flows.read', whileClosing: true, flowDocument: 'required' },
      },
      async (request) => {
        const result = readFlow(textOf(request.body) ?? '')
        if (!result.ok) return { problems: shown(result.problems) }
        const called = await inTenant(parts, request, (tx, workspace) => withCalled(tx, workspace, result.flow))
        const problems = await problemsOf(parts, called.document, undefined, undefined, { live: called.live })
        return { problems: shown([...called.problems, ...problems]) }
      },
    )
  })
}

function textOf(body: unknown): string | undefined {
  return typeof body === 'string' && body.trim() !== '' ? body : undefined
}

/** As mutable lists, which the contract's types ask for. */
export const shown = (problems: readonly Problem[]) => problems.map((problem) => ({ ...problem }))
