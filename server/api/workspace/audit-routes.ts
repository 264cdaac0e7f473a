import { anchorKey, signAnchor } from '../../audit/anchor.ts'
import type { Entry } from '../../audit/chain.ts'
import { AuditList, AuditQuery, type AuditEntry } from '../../contract/audit.ts'
import { Json, WorkspaceParams } from '../../contract/shared.ts'
import { auditAfter, auditHead, listAudit } from '../../store/workspace/audit.ts'
import { auditDeed } from '../http/audit.ts'
import { AUDITED } from '../http/audit-table.ts'
import { download, type Pages } from '../http/download.ts'
import { type Api, type AppParts, inTenant, pageOf } from '../http/parts.ts'

const EXPORT_PAGE = 1_000
/** What no request does, but the product by itself. */
const BY_ITSELF = ['credential.host_denied', 'egress.too_many_hosts']
const ACTIONS = [...new Set([...BY_ITSELF, ...Object.values(AUDITED).map(({ action }) => action)])].sort()

export function auditRoutes(api: Api, parts: AppParts): void {
  const tags = ['audit']

  api.get(
    '/workspaces/:workspace/audit',
    {
      schema: {
        summary: 'Who did what, newest first',
        tags,
        params: WorkspaceParams,
        querystring: AuditQuery,
        response: { 200: AuditList },
      },
      config: { permission: 'audit.read' },
    },
    async (request) => {
      const { limit = 50, cursor, action, actor, from, to, ...things } = request.query
      const { rows, head } = await inTenant(parts, request, async (tx, workspace) => ({
        rows: await listAudit(
          tx,
          workspace,
          {
            action,
            actor,
            ...(Object.keys(things).length > 0 ? { subject: things as Record<string, string> } : {}),
            from: from === undefined ? undefined : new Date(from),
            to: to === undefined ? undefined : new Date(to),
          },
          { before: cursor, limit: limit + 1 },
        ),
        head: await auditHead(tx, workspace),
      }))
      const page = pageOf(rows, limit, view, ({ sequence }) => String(sequence))
      return {
        items: page.items,
        next: page.next === null ? null : Number(page.next),
        total: head.sequence,
        key: anchorKey(parts.keys.root),
        actions: ACTIONS,
      }
    },
  )

  api.get(
    '/workspaces/:workspace/audit/export',
    {
      schema: {
        summary:
          'Download the whole log as JSON lines: the entries, then a signed head. `npm run audit:verify` checks it',
        tags,
        params: WorkspaceParams,
        produces: ['application/x-ndjson'],
        response: { 200: Json },
      },
      config: { permission: 'audit.read', statementSeconds: 60 },
    },
    async (request, reply) => {
      const { workspace } = request.params
      const head = await inTenant(parts, request, async (tx) => {
        await auditDeed(tx, workspace, request)
        return auditHead(tx, workspace)
      })
      async function* lines(pages: Pages) {
        for (let after = 0; after < head.sequence; ) {
          const entries = await pages((tx) =>
            auditAfter(tx, workspace, after, Math.min(EXPORT_PAGE, head.sequence - after)),
          )
          if (entries.length === 0) break // the signed head will not fit: whoever verifies it will be told
          for (const entry of entries) yield `${JSON.stringify(entry)}\n`
          after = entries.at(-1)!.sequence
        }
        const anchor = signAnchor(parts.keys.root, { at: new Date().toISOString(), ...head })
        yield `${JSON.stringify({ anchor, key: anchorKey(parts.keys.root) })}\n`
      }
      return reply
        .type('application/x-ndjson')
        .header('content-disposition', `attachment; filename="audit-${workspace}.jsonl"`)
        .send(download(parts, request, lines))
    },
  )
}

function view({ sequence, at, action, actor, personal, subject, detail, requestId, hash }: Entry): AuditEntry {
  const { name = null, email = null, address = null } = personal ?? {}
  return { sequence, at, action, actor: { ...actor, name, email, address }, subject, detail, requestId, hash }
}
