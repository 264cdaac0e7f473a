import type { FastifyRequest } from 'fastify'
import type { Transaction } from 'kysely'
import {
  ApprovalDetail,
  ApprovalList,
  ApprovalParams,
  ApprovalRequest,
  ApprovalRule,
  type ApprovalRule as ApprovalRuleView,
  ApprovalRuleRequest,
  ApprovalView,
  ApproveRequest,
  RefuseRequest,
} from '../../contract/approvals.ts'
import { FlowParams } from '../../contract/flows.ts'
import { WorkspaceParams } from '../../contract/shared.ts'
import {
  type ApprovalRow,
  approvalRule,
  authorsOf,
  countOpenApprovals,
  decideApproval,
  findApproval,
  insertApproval,
  listApprovals,
  listApprovers,
  setSecondPerson,
} from '../../store/flow/approvals.ts'
import { findConnection } from '../../store/connection/connection-records.ts'
import { newId } from '../../store/database/ids.ts'
import { findVersionBefore } from '../../store/flow/versions.ts'
import type { Database } from '../../store/database/schema.ts'
import { whoAsks } from '../http/access.ts'
import { approve, isOvertaken, rebound } from './approve.ts'
import { tell } from '../http/audit.ts'
import { readStored, splitLayout } from '../flow/flow-documents.ts'
import { whoForWhom, whyOneHand } from './one-hand.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { APPROVERS, isAllowed } from '../http/permissions.ts'
import { ApiProblem, found } from '../http/problems.ts'
import { drafted, prepare } from './publication.ts'

/** A second person says yes to what goes live, where the workspace wants it. The database holds to it: see 0028-approvals.ts. */
export function approvalRoutes(api: Api, parts: AppParts): void {
  const tags = ['approvals']

  api.get(
    '/workspaces/:workspace/approval-rule',
    {
      schema: {
        summary: 'Say whether a second person approves what goes live',
        tags,
        params: WorkspaceParams,
        response: { 200: ApprovalRule },
      },
      config: { permission: 'flows.read' },
    },
    (request) => inTenant(parts, request, (tx, workspace) => viewRule(tx, parts, workspace)),
  )

  api.put(
    '/workspaces/:workspace/approval-rule',
    {
      schema: {
        summary:
          'Have a second person approve what goes live. To end it is asked for, and approved by a second person too',
        tags,
        params: WorkspaceParams,
        body: ApprovalRuleRequest,
        response: { 200: ApprovalRule },
      },
      config: { permission: 'workspace.manage', stepUp: true, codes: ['APPROVER_MISSING'] },
    },
    (request) =>
      inTenant(parts, request, async (tx, workspace) => {
        const rule = await viewRule(tx, parts, workspace)
        const { on } = request.body
        if (on === rule.on) return rule
        if (on) {
          if (!rule.people.some((one) => one.for.length > 0)) {
            const why = rule.people.flatMap((one) => one.why ?? [])
            throw new ApiProblem('APPROVER_MISSING', why.length > 0 ? why.join(' ') : undefined)
          }
          await setSecondPerson(tx, workspace, true)
        } else {
          const id = newId()
          const summary = 'From then on nobody approves what goes live.'
          const nothing = { flow: null, document: null, layout: null, bindings: null, hash: 'rule' }
          await insertApproval(tx, {
            workspace,
            id,
            kind: 'rule',
            ...nothing,
            summary,
            by: whoAsks(request).person,
            authors: [],
          })
          tell(request, { subject: { approval: id }, detail: { asked: true } })
        }
        return viewRule(tx, parts, workspace)
      }),
  )

  api.post(
    '/workspaces/:workspace/flows/:flow/approval',
    {
      schema: {
        summary: 'Ask that the draft go live, with these connections. Somebody who had no part in it approves',
        tags,
        params: FlowParams,
        body: ApprovalRequest,
        response: { 201: ApprovalView },
      },
      config: {
        permission: 'flows.publish',
        codes: ['DRAFT_CONFLICT', 'FLOW_HAS_ERRORS', 'UNCHANGED', 'FLOW_ARCHIVED', 'BINDING_INVALID'],
      },
    },
    async (request, reply) => {
      const { flow } = request.params
      const { summary, revision, bindings: wanted = {} } = request.body
      const ready = await prepare(parts, request, flow, revision, (tx, bound, document) =>
        rebound(tx, request.params.workspace, bound, wanted, document),
      )
      const id = newId()
      const row = await inTenant(parts, request, async (tx, workspace) => {
        await insertApproval(tx, {
          workspace,
          id,
          kind: 'publish',
          flow,
          ...splitLayout(ready.document),
          bindings: JSON.stringify(
            Object.fromEntries(ready.bindings.map(({ slot, connection }) => [slot, connection])),
          ),
          hash: ready.hash,
          summary,
          by: whoAsks(request).person,
          authors: await authorsOf(tx, workspace, flow),
        })
        tell(request, { subject: { approval: id }, detail: { hash: ready.hash } })
        return found(await findApproval(tx, workspace, id), 'approval')
      })
      return reply.code(201).send(view(row, request))
    },
  )

  api.get(
    '/workspaces/:workspace/approvals',
    {
      schema: {
        summary: 'List what waits for a second person, and what was decided',
        tags,
        params: WorkspaceParams,
        response: { 200: ApprovalList },
      },
      config: { permission: 'flows.read' },
    },
    (request) =>
      inTenant(parts, request, async (tx, workspace) => {
        const items = []
        for (const row of await listApprovals(tx, workspace)) items.push(await viewOpen(tx, parts, row, request))
        return { items }
      }),
  )

  api.get(
    '/workspaces/:workspace/approvals/:approval',
    {
      schema: { summary: 'Say what would change', tags, params: ApprovalParams, response: { 200: ApprovalDetail } },
      config: { permission: 'flows.read' },
    },
    (request) =>
      inTenant(parts, request, async (tx, workspace) => {
        const row = found(await findApproval(tx, workspace, request.params.approval), 'approval')
        if (row.flow_id === null) {
          const approval = await viewOpen(tx, parts, row, request)
          return { approval, overtaken: false, before: null, after: null, connections: [] }
        }
        const { live: now, bindings, called } = await drafted(tx, workspace, row.flow_id)
        const live = row.decided_at ? await findVersionBefore(tx, workspace, row.flow_id, row.decided_at) : now
        const names = new Map(bindings.map(({ connection, name }) => [connection, name]))
        const nameOf = async (connection: string) =>
          names.get(connection) ?? (await findConnection(tx, workspace, connection))?.name ?? connection
        const connections = []
        for (const [slot, connection] of Object.entries(row.bindings)) {
          const bound = live ? bindings.find((one) => one.slot === slot) : undefined
          if (bound?.connection === connection) continue
          connections.push({ slot, before: bound?.name ?? null, after: await nameOf(connection) })
        }
        return {
          approval: await viewOpen(tx, parts, row, request),
          overtaken: row.state === 'open' && (await isOvertaken(tx, workspace, row, called.document)),
          before: live ? readStored(live.document, live.layout) : null,
          after: readStored(row.document, row.layout),
          connections,
        }
      }),
  )

  api.post(
    '/workspaces/:workspace/approvals/:approval/approve',
    {
      schema: {
        summary: 'Approve exactly what was looked at: it goes live at once',
        tags,
        params: ApprovalParams,
        body: ApproveRequest,
        response: { 200: ApprovalView },
      },
      config: {
        permission: 'flows.approve',
        stepUp: true,
        codes: ['APPROVAL_CLOSED', 'APPROVAL_VOID', 'SAME_PERSON', 'OVERTAKEN', 'FLOW_ARCHIVED', 'ANSWERS_MISSING'],
      },
    },
    async (request) => view(await approve(parts, request, whoAsks(request).person), request),
  )

  api.post(
    '/workspaces/:workspace/approvals/:approval/refuse',
    {
      schema: {
        summary: 'Refuse what was asked for, or take back what you asked for yourself',
        tags,
        params: ApprovalParams,
        body: RefuseRequest,
        response: { 200: ApprovalView },
      },
      config: { permission: 'flows.publish', codes: ['APPROVAL_CLOSED'] },
    },
    (request) =>
      inTenant(parts, request, async (tx, workspace) => {
        const { approval } = request.params
        const row = found(await findApproval(tx, workspace, approval, { lock: true }), 'approval')
        if (row.state !== 'open') throw new ApiProblem('APPROVAL_CLOSED')
        const { person } = whoAsks(request)
        const state = row.asked_by === person.id ? 'void' : 'refused'
        await decideApproval(tx, workspace, approval, state, person, request.body.reason)
        return view(found(await findApproval(tx, workspace, approval), 'approval'), request)
      }),
  )
}

async function viewRule(tx: Transaction<Database>, parts: AppParts, workspace: string): Promise<ApprovalRuleView> {
  const [{ on }, people] = [await approvalRule(tx, workspace), await listApprovers(tx, workspace, APPROVERS)]
  const pairs = new Map((await whoForWhom(tx, parts, workspace, people)).map((one) => [one.id, one]))
  return {
    on,
    open: await countOpenApprovals(tx, workspace),
    approvers: people.length,
    people: people.map((one) => ({
      ...one,
      for: [...(pairs.get(one.id)?.for ?? [])],
      why: pairs.get(one.id)?.why ?? null,
    })),
  }
}

/** Whether whoever looks may decide it, also by whose link they came in or had their password set, and why not. */
async function viewOpen(
  tx: Transaction<Database>,
  parts: AppParts,
  row: ApprovalRow,
  request: FastifyRequest<{ Params: { workspace: string } }>,
): Promise<ApprovalView> {
  const shown = view(row, request)
  if (row.state !== 'open' || shown.mine || !mayApprove(request)) return shown
  const { person } = whoAsks(request)
  const why = await whyOneHand(tx, parts, request.params.workspace, row, person.id)
  return why === undefined ? shown : { ...shown, mayDecide: false, why }
}

const mayApprove = ({ role }: FastifyRequest): boolean => role !== undefined && isAllowed(role, 'flows.approve')

const HAD_A_PART = 'You had a part in it since the last version, so that somebody else decides.'

function view(row: ApprovalRow, request: FastifyRequest): ApprovalView {
  const { person } = whoAsks(request)
  const part = row.asked_by === person.id || row.authors.includes(person.id)
  return {
    id: row.id,
    kind: row.kind,
    flow: row.flow_id === null ? null : { id: row.flow_id, name: row.flow_name ?? '' },
    hash: row.hash,
    summary: row.summary,
    askedBy: row.asker,
    createdAt: row.created_at.toISOString(),
    state: row.state,
    decidedBy: row.decider,
    decidedAt: row.decided_at?.toISOString() ?? null,
    reason: row.reason,
    push: row.push === null ? null : { kind: row.push.kind, name: row.push.name, version: row.push.version },
    mayDecide: row.state === 'open' && !part && mayApprove(request),
    mine: row.asked_by === person.id,
    why: row.state === 'open' && part && row.asked_by !== person.id && mayApprove(request) ? HAD_A_PART : null,
  }
}
