import { Type } from 'typebox'
import { INVITATION_PAGE } from '../../contract/paths.ts'
import {
  CreatedInvitation,
  InvitationList,
  InvitationParams,
  type InvitationView,
  MemberHoldings,
  MemberList,
  MemberParams,
  MemberPatch,
  MemberView,
  NewInvitation,
} from '../../contract/people.ts'
import { MAY_INVITE } from '../../contract/roles.ts'
import { WorkspaceParams } from '../../contract/shared.ts'
import { holdingsOf } from '../../store/people/leaving.ts'
import { newId } from '../../store/database/ids.ts'
import {
  changeRole,
  type InvitationRow,
  insertInvitation,
  isLastOwner,
  listInvitations,
  listMembers,
  type MemberRow,
  removeMember,
  revokeInvitation,
} from '../../store/people/members.ts'
import { isWithin } from '../../store/people/password-links.ts'
import { findMembership, listMemberships } from '../../store/people/people.ts'
import { endOtherSessions } from '../../store/people/sessions.ts'
import { personAsks, whoAsks } from '../http/access.ts'
import { auditDeed, tell } from '../http/audit.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { ApiProblem, found } from '../http/problems.ts'
import { createInvitationPace } from './invitation-pace.ts'
import { sendInvitation } from './send-invitation.ts'
import { hashSecret, newSecret } from '../http/sessions.ts'

export const INVITATION_DAYS = 7

/** Who is in a workspace, who is invited. Roles are given here alone; an invitation's is fixed when it is made. */
export function memberRoutes(api: Api, parts: AppParts): void {
  const pace = createInvitationPace()
  const tags = ['people']

  api.get(
    '/workspaces/:workspace/members',
    {
      schema: { summary: 'List who is in the workspace', tags, params: WorkspaceParams, response: { 200: MemberList } },
      config: { permission: 'people.read' },
    },
    async (request) => ({ items: (await inTenant(parts, request, listMembers)).map(viewMember) }),
  )

  api.patch(
    '/workspaces/:workspace/members/:user',
    {
      schema: {
        summary: 'Give a member another role',
        tags,
        params: MemberParams,
        body: MemberPatch,
        response: { 200: MemberView },
      },
      config: { permission: 'people.manage', stepUp: true, codes: ['LAST_OWNER'] },
    },
    (request) =>
      inTenant(parts, request, async (tx, workspace) => {
        const { user } = request.params
        const before = found(await changeRole(tx, workspace, user, request.body.role).catch(blameLastOwner), 'member')
        tell(request, { detail: { before } })
        return viewMember(
          found(
            (await listMembers(tx, workspace)).find((one) => one.user === user),
            'member',
          ),
        )
      }),
  )

  api.delete(
    '/workspaces/:workspace/members/:user',
    {
      schema: {
        summary:
          'Take somebody out of the workspace. What they hold in it ends or is given back; whatever they did stays. Of their last workspace: all their sessions end',
        tags,
        params: MemberParams,
        response: { 204: Type.Null() },
      },
      config: { permission: 'people.manage', stepUp: true, whileClosing: true, codes: ['LAST_OWNER'] },
    },
    async (request, reply) => {
      const { user } = request.params
      await inTenant(parts, request, async (tx, workspace) => {
        const held = await holdingsOf(tx, workspace, user)
        found((await removeMember(tx, workspace, user).catch(blameLastOwner)) || undefined, 'member')
        const { tokens, approvals, invitations, exceptions, alertRules } = held
        const counts = { tokens: tokens.length, approvals, invitations, exceptions, alertRules: alertRules.length }
        tell(request, { detail: { held: counts } })
      })
      if ((await listMemberships(parts.system, user)).length === 0)
        await endOtherSessions(parts.system, user, undefined)
      return reply.code(204).send(null)
    },
  )

  api.delete(
    '/workspaces/:workspace/members/:user/sessions',
    {
      schema: {
        summary: 'Sign a member out everywhere, for a device that was lost. Their API tokens stay',
        tags,
        params: MemberParams,
        response: { 204: Type.Null() },
      },
      config: { permission: 'people.manage', stepUp: true, whileClosing: true },
    },
    async (request, reply) => {
      const { workspace, user } = request.params
      found(await findMembership(parts.system, workspace, user), 'member')
      // A session is of all its person's workspaces: the owner of one does not end it for the others.
      if (!(await isWithin(parts.system, user, personAsks(request).person.id))) {
        throw new ApiProblem(
          'NOT_ALLOWED',
          'They are also in a workspace that you do not own. They end their sessions under “Your account”, or you take them out of this workspace.',
        )
      }
      await parts.system.transaction().execute(async (tx) => {
        tell(request, { detail: { sessions: await endOtherSessions(tx, user, undefined) } })
        await auditDeed(tx, workspace, request)
      })
      return reply.code(204).send(null)
    },
  )

  api.get(
    '/workspaces/:workspace/members/:user/holdings',
    {
      schema: {
        summary: 'Say what a member holds that ends, or waits for somebody else, when they leave',
        tags,
        params: MemberParams,
        response: { 200: MemberHoldings },
      },
      config: { permission: 'people.manage' },
    },
    (request) =>
      inTenant(parts, request, async (tx, workspace) => {
        const { user } = request.params
        found(
          (await listMembers(tx, workspace)).find((one) => one.user === user),
          'member',
        )
        const { tokens, drafts, alertRules, turnOns, mentions, ...counts } = await holdingsOf(tx, workspace, user)
        const lists = {
          tokens: [...tokens],
          drafts: [...drafts],
          alertRules: [...alertRules],
          turnOns: [...turnOns],
          mentions: [...mentions],
        }
        return { ...counts, ...lists }
      }),
  )

  api.get(
    '/workspaces/:workspace/invitations',
    {
      schema: {
        summary: 'List invitations that can still be used',
        tags,
        params: WorkspaceParams,
        response: { 200: InvitationList },
      },
      config: { permission: 'people.invite' },
    },
    async (request) => ({ items: (await inTenant(parts, request, listInvitations)).map(viewInvitation) }),
  )

  api.post(
    '/workspaces/:workspace/invitations',
    {
      schema: {
        summary: 'Invite somebody. The link is shown this once, works once and for seven days',
        tags,
        params: WorkspaceParams,
        body: NewInvitation,
        response: { 201: CreatedInvitation },
      },
      // Whoever had no more than a cookie or a token would come in by an invitation of their own, for good.
      config: { permission: 'people.invite', stepUp: true, codes: ['ALREADY_MEMBER'] },
    },
    async (request, reply) => {
      const { email, role } = request.body
      const may = request.role && MAY_INVITE[request.role]
      if (!may?.includes(role)) {
        throw new ApiProblem('NOT_ALLOWED', `The role ${request.role} cannot invite somebody as ${role}. Ask an owner.`)
      }
      const id = newId()
      const secret = newSecret()
      tell(request, { subject: { invitation: id } })
      const invitation = await inTenant(parts, request, async (tx, workspace) => {
        const there = (await listMembers(tx, workspace)).find((one) => one.email.toLowerCase() === email.toLowerCase())
        if (there)
          throw new ApiProblem('ALREADY_MEMBER', `${there.name} is in this workspace already, as ${there.role}.`)
        const by = whoAsks(request).person.id
        await insertInvitation(tx, { workspace, id, email, role, hash: hashSecret(secret), by, days: INVITATION_DAYS })
        const row = found(
          (await listInvitations(tx, workspace)).find((one) => one.id === id),
          'invitation',
        )
        return row
      })
      const origin = parts.config.publicUrl ?? `${request.protocol}://${request.host}`
      // Behind `#`: what stands there reaches no log of a server or proxy.
      const link = `${origin}${INVITATION_PAGE}#${secret}`
      const { workspace } = request.params
      const by = whoAsks(request).person
      const into = (await listMemberships(parts.system, by.id)).find((one) => one.id === workspace)
      const sent = await sendInvitation(
        parts,
        { email, secret, days: INVITATION_DAYS, by: by.name, workspace: into?.name ?? '', workspaceId: workspace },
        pace,
        (error) => request.log.error({ err: error, workspace }, 'an invitation could not be sent'),
      )
      return reply
        .code(201)
        .header('cache-control', 'no-store')
        .send({ invitation: viewInvitation(invitation), link, sent })
    },
  )

  api.delete(
    '/workspaces/:workspace/invitations/:invitation',
    {
      schema: {
        summary: 'Take an invitation back: its link does not work any more',
        tags,
        params: InvitationParams,
        response: { 204: Type.Null() },
      },
      config: { permission: 'people.invite' },
    },
    async (request, reply) => {
      const revoked = await inTenant(parts, request, (tx, workspace) =>
        revokeInvitation(tx, workspace, request.params.invitation),
      )
      found(revoked || undefined, 'invitation')
      return reply.code(204).send(null)
    },
  )
}

function blameLastOwner(error: unknown): never {
  if (isLastOwner(error)) throw new ApiProblem('LAST_OWNER', undefined, { cause: error })
  throw error
}

function viewMember({ since, ...row }: MemberRow): MemberView {
  return { ...row, since: since.toISOString() }
}

function viewInvitation({ createdAt, expiresAt, ...row }: InvitationRow): InvitationView {
  return { ...row, createdAt: createdAt.toISOString(), expiresAt: expiresAt.toISOString() }
}
