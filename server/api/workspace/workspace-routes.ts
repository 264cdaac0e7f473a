import { Type } from 'typebox'
import {
  CreatedToken,
  Membership,
  NewToken,
  NewWorkspace,
  TokenChange,
  TokenList,
  TokenParams,
  TokenView,
  WorkspaceList,
} from '../../contract/people.ts'
import { WorkspaceParams } from '../../contract/shared.ts'
import { newId } from '../../store/database/ids.ts'
import { changeAddresses, countTokens, insertToken, listTokens, revokeToken } from '../../store/people/tokens.ts'
import { insertMember, insertWorkspace } from '../../store/workspace/workspaces.ts'
import { personAsks, whoAsks } from '../http/access.ts'
import { auditDeed, tell } from '../http/audit.ts'
import { workspacesOf } from '../people/me.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { permissionsOf } from '../http/permissions.ts'
import { ApiProblem, found } from '../http/problems.ts'
import { hashSecret, newSecret } from '../http/sessions.ts'
import { readAddresses } from '../http/token-addresses.ts'
import { viewToken } from '../view/views.ts'

/** Of one person in one workspace, that work: as many as a list shows whole. */
const MOST_TOKENS = 100
const DAY_MS = 86_400_000

export function workspaceRoutes(api: Api, parts: AppParts): void {
  api.get(
    '/workspaces',
    {
      schema: { summary: 'List your workspaces', tags: ['workspaces'], response: { 200: WorkspaceList } },
      config: { permission: 'signed-in' },
    },
    async (request) => ({ items: await workspacesOf(parts, whoAsks(request)) }),
  )

  api.post(
    '/workspaces',
    {
      schema: {
        summary: 'Make a workspace; you become its owner',
        tags: ['workspaces'],
        body: NewWorkspace,
        response: { 201: Membership },
      },
      config: { permission: 'signed-in', codes: ['NOT_ALLOWED'] },
    },
    async (request, reply) => {
      const who = whoAsks(request)
      const owns = (await workspacesOf(parts, who)).some(({ role }) => role === 'owner')
      if (who.via === 'token' || !owns) {
        throw new ApiProblem(
          'NOT_ALLOWED',
          'Only somebody who owns a workspace can make another, signed in by browser.',
        )
      }
      const { name } = request.body
      const id = newId()
      await parts.system.transaction().execute(async (tx) => {
        await insertWorkspace(tx, id, name)
        await insertMember(tx, id, who.person.id, 'owner')
        await auditDeed(tx, id, request)
      })
      return reply
        .code(201)
        .send({ id, name, role: 'owner' as const, permissions: permissionsOf('owner'), lacks: null, deleteAfter: null })
    },
  )

  api.get(
    '/workspaces/:workspace/tokens',
    {
      schema: {
        summary: 'List your API tokens',
        tags: ['API tokens'],
        params: WorkspaceParams,
        response: { 200: TokenList },
      },
      config: { permission: 'tokens.own' },
    },
    async (request) => {
      const rows = await inTenant(parts, request, (tx, workspace) =>
        listTokens(tx, workspace, whoAsks(request).person.id),
      )
      return { items: rows.map(viewToken) }
    },
  )

  api.post(
    '/workspaces/:workspace/tokens',
    {
      schema: {
        summary: 'Make an API token, which acts as you in this workspace. Its secret is shown this once',
        tags: ['API tokens'],
        params: WorkspaceParams,
        body: NewToken,
        response: { 201: CreatedToken },
      },
      config: { permission: 'tokens.own', stepUp: true },
    },
    async (request, reply) => {
      const { name, expiresInDays, scopes = null } = request.body
      const addresses = request.body.addresses === undefined ? null : readAddresses(request.body.addresses)
      const { means, second } = personAsks(request)
      // Only hexadecimal digits of it are needed: enough to find a token by, shown in lists.
      const prefix = hashSecret(newSecret()).toString('hex').slice(0, 8)
      const secret = `tl_${prefix}_${newSecret()}`
      const id = newId()
      tell(request, { subject: { token: id } })
      const user = whoAsks(request).person.id
      const row = await inTenant(parts, request, async (tx, workspace) => {
        if ((await countTokens(tx, workspace, user)) >= MOST_TOKENS) {
          throw new ApiProblem('REQUEST_INVALID', `You have ${MOST_TOKENS} tokens here that work. Revoke some first.`)
        }
        return insertToken(tx, {
          workspace,
          id,
          user,
          name,
          prefix,
          hash: hashSecret(secret),
          expiresAt: expiresInDays === undefined ? null : new Date(Date.now() + expiresInDays * DAY_MS),
          scopes,
          addresses,
          made: { sso: means === 'sso', secondFactor: second },
        })
      })
      return reply.code(201).send({ token: viewToken(row), secret })
    },
  )

  api.patch(
    '/workspaces/:workspace/tokens/:token',
    {
      schema: {
        summary: 'Say from which addresses one of your API tokens is taken; null: from everywhere',
        tags: ['API tokens'],
        params: TokenParams,
        body: TokenChange,
        response: { 200: TokenView },
      },
      config: { permission: 'tokens.own', stepUp: true },
    },
    async (request) => {
      const addresses = request.body.addresses && readAddresses(request.body.addresses)
      tell(request, { detail: { addresses } })
      const row = await inTenant(parts, request, (tx, workspace) =>
        changeAddresses(tx, workspace, whoAsks(request).person.id, request.params.token, addresses),
      )
      return viewToken(found(row, 'token that is not revoked'))
    },
  )

  api.delete(
    '/workspaces/:workspace/tokens/:token',
    {
      schema: {
        summary: 'Revoke one of your API tokens',
        tags: ['API tokens'],
        params: TokenParams,
        response: { 204: Type.Null() },
      },
      config: { permission: 'tokens.own', whileClosing: true },
    },
    async (request, reply) => {
      const revoked = await inTenant(parts, request, (tx, workspace) =>
        revokeToken(tx, workspace, whoAsks(request).person.id, request.params.token),
      )
      found(revoked || undefined, 'token')
      return reply.code(204).send(null)
    },
  )
}
