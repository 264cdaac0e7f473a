import type { Connector } from '../../connectors/kit/connector.ts'
import {
  EffectParams,
  SettleAnswer,
  SettleRequest,
  UnknownDetail,
  UnknownList,
  UnknownListQuery,
} from '../contract/effects.ts'
import { WorkspaceParams } from '../contract/shared.ts'
import { openContent } from '../store/ledger-content.ts'
import { retryExceptions } from '../store/retries.ts'
import { findUnknown, listUnknowns, settleUnknowns, type UnknownRow } from '../store/unknown-effects.ts'
import { whoAsks } from './access.ts'
import { auditDeed } from './audit.ts'
import { type Api, type AppParts, inTenant, pageOf } from './parts.ts'
import { found } from './problems.ts'

const PAGE = 50

export function effectRoutes(api: Api, parts: AppParts): void {
  const tags = ['effects']
  const view = viewWith(parts.connectors)

  api.get(
    '/workspaces/:workspace/unknown-effects',
    {
      schema: {
        summary: 'List effects of which nobody can tell whether they arrived, newest first, without what was sent',
        tags,
        params: WorkspaceParams,
        querystring: UnknownListQuery,
        response: { 200: UnknownList },
      },
      config: { permission: 'runs.read' },
    },
    async (request) => {
      const { limit = PAGE, cursor, ...filter } = request.query
      const rows = await inTenant(parts, request, (tx, workspace) =>
        listUnknowns(tx, workspace, {
          ...filter,
          after: cursor === undefined ? undefined : placeOf(cursor),
          limit: limit + 1,
        }),
      )
      return pageOf(rows, limit, view, ({ call_id, position }) => `${call_id}.${position}`)
    },
  )

  api.get(
    '/workspaces/:workspace/unknown-effects/:call/:position',
    {
      schema: {
        summary: 'Open an effect in doubt with what was sent',
        tags,
        params: EffectParams,
        response: { 200: UnknownDetail },
      },
      config: { permission: 'payloads.read' },
    },
    async (request) => {
      const { call, position } = request.params
      return inTenant(parts, request, async (tx, workspace) => {
        const row = found(await findUnknown(tx, workspace, call, position), 'effect in doubt')
        await auditDeed(tx, workspace, request)
        return { ...view(row), value: openContent(parts.keys, workspace, call, row.content)[position] ?? {} }
      })
    },
  )

  api.post(
    '/workspaces/:workspace/unknown-effects/settle',
    {
      schema: {
        summary: 'Say of effects in doubt whether they arrived. What did not can be sent again',
        tags,
        params: WorkspaceParams,
        body: SettleRequest,
        response: { 200: SettleAnswer },
      },
      config: { permission: 'effects.settle' },
    },
    async (request) => {
      const { effects, verdict, reason, retry = true } = request.body
      const by = whoAsks(request).person.id
      const answer = await inTenant(parts, request, async (tx, workspace) => {
        const { retryable, ...settled } = await settleUnknowns(tx, { workspace, effects, verdict, reason, by })
        if (!retry || retryable.length === 0) return { ...settled, run: null }
        const { runs } = await retryExceptions(tx, { workspace, by, select: { ids: retryable }, cleared: true })
        return { ...settled, run: runs[0]?.run ?? null }
      })
      return answer
    },
  )
}

const placeOf = (cursor: string) => {
  const [call = '', position = ''] = cursor.split('.')
  return { call, position: Number(position) }
}

function viewWith(connectors: readonly Connector[]) {
  const probes = new Set(
    connectors.flatMap(({ name, operations }) =>
      operations.flatMap((one) => (one.kind === 'write' && one.probe ? [`${name}.${one.name}`] : [])),
    ),
  )
  return (row: UnknownRow) => ({
    call: row.call_id,
    position: row.position,
    operation: row.operation,
    connection: { id: row.connection_id, name: row.connection_name },
    flow: { id: row.flow_id, name: row.flow_name },
    run: row.run_id,
    node: row.node_id,
    key: row.document,
    part: row.part,
    message: row.message,
    sentAt: row.sent_at?.toISOString() ?? null,
    canProbe: probes.has(row.operation),
    probedAt: row.probed_at?.toISOString() ?? null,
  })
}
