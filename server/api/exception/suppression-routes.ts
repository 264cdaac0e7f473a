import type { Connector, Reference } from '../../../connectors/kit/connector.ts'
import { WorkspaceParams } from '../../contract/shared.ts'
import {
  LiftRequest,
  SuppressionAnswer,
  SuppressionFound,
  SuppressionList,
  SuppressionLookUp,
  SuppressionParams,
  SuppressionQuery,
  SuppressionRequest,
  SuppressionView,
} from '../../contract/suppressions.ts'
import {
  findSuppressions,
  insertSuppressions,
  liftSuppression,
  listSuppressions,
  type SuppressionRow,
  suppressionHash,
} from '../../store/effect/suppressions.ts'
import { whoAsks } from '../http/access.ts'
import { tell } from '../http/audit.ts'
import { type Api, type AppParts, inTenant, pageOf } from '../http/parts.ts'
import { ApiProblem, found } from '../http/problems.ts'

const PAGE = 50

export function suppressionRoutes(api: Api, parts: AppParts): void {
  const tags = ['suppression list']
  const people = parts.connectors.flatMap((connector) => (connector.people ? [connector.people] : []))
  const hashesOf = (workspace: string, field: string, value: string) =>
    referencesOf(people, field, value).map((reference) => suppressionHash(parts.keys, workspace, reference))

  api.get(
    '/workspaces/:workspace/suppressions',
    {
      schema: {
        summary: 'List who must not be written again, newest first, without saying who',
        tags,
        params: WorkspaceParams,
        querystring: SuppressionQuery,
        response: { 200: SuppressionList },
      },
      config: { permission: 'suppressions.read' },
    },
    async (request) => {
      const { limit = PAGE, cursor } = request.query
      const rows = await inTenant(parts, request, (tx, workspace) =>
        listSuppressions(tx, workspace, { after: cursor, limit: limit + 1 }),
      )
      return pageOf(rows, limit, view, ({ id }) => id)
    },
  )

  api.post(
    '/workspaces/:workspace/suppressions/look-up',
    {
      schema: {
        summary: 'See whether somebody stands in the list',
        tags,
        params: WorkspaceParams,
        body: SuppressionLookUp,
        response: { 200: SuppressionFound },
      },
      config: { permission: 'suppressions.read', whileClosing: true },
    },
    async (request) => {
      const { field = '3', value } = request.body
      const rows = await inTenant(parts, request, (tx, workspace) =>
        findSuppressions(tx, workspace, hashesOf(workspace, field, value)),
      )
      return { items: rows.map(view) }
    },
  )

  api.post(
    '/workspaces/:workspace/suppressions',
    {
      schema: {
        summary: 'Put somebody into the list: no flow writes to them any more',
        tags,
        params: WorkspaceParams,
        body: SuppressionRequest,
        response: { 201: SuppressionAnswer },
      },
      config: { permission: 'suppressions.manage' },
    },
    async (request, reply) => {
      const { field = '3', value, reason } = request.body
      const answer = await inTenant(parts, request, async (tx, workspace) => {
        const hashes = hashesOf(workspace, field, value)
        const by = { person: whoAsks(request).person.id }
        const added = await insertSuppressions(
          tx,
          workspace,
          hashes.map((hash) => ({ hash, reason: reason.trim(), by })),
        )
        const [entry] = await findSuppressions(tx, workspace, hashes)
        // It was there, or was just put there.
        tell(request, { subject: { suppression: entry!.id } })
        return { added: added.length > 0, entry: view(entry!) }
      })
      return reply.code(201).send(answer)
    },
  )

  api.post(
    '/workspaces/:workspace/suppressions/:suppression/lift',
    {
      schema: {
        summary: 'Lift an entry: flows may write to this person again',
        tags,
        params: SuppressionParams,
        body: LiftRequest,
        response: { 200: SuppressionView },
      },
      config: { permission: 'suppressions.manage', stepUp: true },
    },
    async (request) => {
      const row = await inTenant(parts, request, (tx, workspace) =>
        liftSuppression(tx, workspace, {
          id: request.params.suppression,
          by: whoAsks(request).person.id,
          reason: request.body.reason.trim(),
        }),
      )
      return view(found(row, 'entry that stands'))
    },
  )
}

/** The spellings of connectors; two that spell a person alike are one. */
function referencesOf(
  people: readonly NonNullable<Connector['people']>[],
  field: string,
  value: string,
): readonly Reference[] {
  const references = people.flatMap((one) => one.reference(field, value) ?? [])
  if (references.length === 0) {
    const message = field === '3' ? 'This is no e-mail address.' : 'This is no value by which a contact is known.'
    throw new ApiProblem('REQUEST_INVALID', message, { problems: [{ field: 'body.value', message }] })
  }
  return [...new Map(references.map((reference) => [`${reference.kind} ${reference.key}`, reference])).values()]
}

const view = (row: SuppressionRow): SuppressionView => ({
  id: row.id,
  reason: row.reason,
  addedAt: row.added_at.toISOString(),
  addedBy: row.added_by_name,
  run: row.run_id,
  liftedAt: row.lifted_at?.toISOString() ?? null,
  liftedBy: row.lifted_by_name,
  liftReason: row.lift_reason,
})
