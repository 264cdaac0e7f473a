import { randomBytes } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { FlowParams } from '../../contract/flows.ts'
import {
  EventDetail,
  EventList,
  EventListQuery,
  EventParams,
  type EventView,
  HookList,
  HookParams,
  type HookView,
  NewSecret,
  NewSecretRequest,
} from '../../contract/hooks.ts'
import { findDraft, lockFlow } from '../../store/flow/flows.ts'
import { countStrays, findEvent, listEvents } from '../../store/hook/hook-events.ts'
import { type HookRow, listHooks, setSecret } from '../../store/hook/hooks.ts'
import { openContent } from '../../store/hook/inbox-content.ts'
import { maskedKey, maskedWords } from '../view/mask.ts'
import { notedLook } from '../http/noted-look.ts'
import { type Api, type AppParts, inTenant, pageOf } from '../http/parts.ts'
import { ApiProblem, found } from '../http/problems.ts'
import { isShared, keyOf, SHARED_HOOKS } from './shared-hooks.ts'

const PAGE = 50
const OVERLAP_HOURS = 24

/** What people see of hooks and of what came in; the intake itself is in hook-intake-routes.ts. */
export function hookRoutes(api: Api, parts: AppParts): void {
  const tags = ['hooks']
  const at = '/workspaces/:workspace/flows/:flow/hooks'

  api.get(
    at,
    {
      schema: {
        summary: 'List the hooks of a flow’s live version',
        tags,
        params: FlowParams,
        response: { 200: HookList },
      },
      config: { permission: 'hooks.read' },
    },
    async (request) => {
      const { flow } = request.params
      return inTenant(parts, request, async (tx, workspace) => {
        found(await findDraft(tx, workspace, flow), 'flow')
        const rows = await listHooks(tx, workspace, flow)
        const shared = rows.some(({ kind }) => isShared(kind))
        return {
          items: rows.map((row) => view(parts, request, row)),
          ...(shared ? { strays: await countStrays(tx) } : {}),
        }
      })
    },
  )

  api.post(
    `${at}/:hook/secret`,
    {
      schema: {
        summary: 'Make a new secret, shown this once; the one before stays good for a while',
        tags,
        params: HookParams,
        body: NewSecretRequest,
        response: { 200: NewSecret },
      },
      config: { permission: 'hooks.manage' },
    },
    async (request, reply) => {
      const { flow, hook } = request.params
      const answer = await inTenant(parts, request, async (tx, workspace) => {
        found(await lockFlow(tx, workspace, flow), 'flow')
        const row = found((await listHooks(tx, workspace, flow, hook))[0], 'hook')
        if (isShared(row.kind)) throw new ApiProblem('REQUEST_INVALID', SHARED_HOOKS[row.kind].noSecret)
        const random = randomBytes(32)
        const secret = row.kind === 'signed' ? `whsec_${random.toString('base64')}` : random.toString('base64url')
        await setSecret(tx, parts.keys, { workspace, hook }, secret, request.body.overlapHours ?? OVERLAP_HOURS)
        const now = found((await listHooks(tx, workspace, flow, hook))[0], 'hook')
        return { hook: view(parts, request, now), secret }
      })
      return reply.header('cache-control', 'no-store').send(answer)
    },
  )

  api.get(
    `${at}/:hook/events`,
    {
      schema: {
        summary: 'List the events of a hook, newest first',
        tags,
        params: HookParams,
        querystring: EventListQuery,
        response: { 200: EventList },
      },
      config: { permission: 'hooks.read' },
    },
    async (request) => {
      const { flow, hook } = request.params
      const { limit = PAGE, cursor } = request.query
      const rows = await inTenant(parts, request, async (tx, workspace) => {
        found((await listHooks(tx, workspace, flow, hook))[0], 'hook')
        return listEvents(tx, workspace, hook, { cursor, limit: limit + 1 })
      })
      return pageOf(
        rows,
        limit,
        (row) => viewEvent(row, request),
        ({ id }) => id,
      )
    },
  )

  api.get(
    `${at}/:hook/events/:event`,
    {
      schema: {
        summary: 'Open an event with what was sent',
        tags,
        params: EventParams,
        response: { 200: EventDetail },
      },
      config: { permission: 'payloads.read' },
    },
    async (request) => {
      const { workspace, flow, hook, event } = request.params
      const row = await notedLook(parts, request, async (tx) => {
        found((await listHooks(tx, workspace, flow, hook))[0], 'hook')
        return found(await findEvent(tx, workspace, hook, event), 'event')
      })
      const content = row.content && { ...openContent(parts.keys, workspace, hook, event, row.content) }
      return { ...viewEvent(row, request), content }
    },
  )
}

function viewEvent(
  row: Awaited<ReturnType<typeof listEvents>>[number],
  { role }: Pick<FastifyRequest, 'role'>,
): EventView {
  const { id, repeats } = row
  return { id, receivedAt: row.received_at.toISOString(), key: maskedKey(row.key, role), repeats, run: row.run_id }
}

function view(parts: AppParts, request: FastifyRequest, row: HookRow): HookView {
  const origin = parts.config.publicUrl ?? `${request.protocol}://${request.host}`
  const closed = whyClosed(parts, row)
  return {
    id: row.id,
    flow: row.flow_id,
    node: row.node_id,
    nodeName: row.node_name,
    kind: row.kind,
    url: `${origin}/hooks/${row.address ?? row.kind}`,
    header: row.kind === 'token' ? String(row.settings.header ?? 'x-tieline-token') : null,
    secretEnds: row.secret_ends,
    open: closed === undefined,
    reason: closed ?? whyWaiting(row) ?? null,
    lastEventAt: row.last_event_at?.toISOString() ?? null,
    taken: row.taken,
    repeated: row.repeated,
    refused: row.refused,
    waiting: row.waiting,
  }
}

function whyClosed(parts: AppParts, row: HookRow): string | undefined {
  if (row.archived || !row.enabled) return 'The flow is off: senders are told that there is nothing here.'
  if (isShared(row.kind)) return keyOf(parts.config, row.kind) === undefined ? SHARED_HOOKS[row.kind].noKey : undefined
  return row.secret_ends === null ? 'It has no secret yet. Make one and give it to the sender.' : undefined
}

function whyWaiting(row: HookRow): string | undefined {
  if (row.paused_message !== null) {
    return `The flow is paused: events are kept and run when it is switched on again. ${maskedWords(row.paused_message)}`
  }
  if (row.collects_until === null || row.waiting >= row.most) return undefined
  return `Collects events until ${row.collects_until.toISOString().slice(11, 19)} UTC.`
}
