import { timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { findRole, type Person, resumeSession } from '../store/people.ts'
import type { Role } from '../store/schema.ts'
import { findTokens, noteTokenUse } from '../store/tokens.ts'
import type { Api, AppParts } from './parts.ts'
import { type Access, isAllowed } from './permissions.ts'
import { ApiProblem, type ProblemName } from './problems.ts'
import { refuseOtherSites } from './same-site.ts'
import { hashSecret, IDLE_MINUTES, sessionCookie } from './sessions.ts'

/** Who asks. A token stands for its person in one workspace. */
export type Who =
  | { readonly via: 'session'; readonly person: Person; readonly session: Buffer }
  | { readonly via: 'token'; readonly person: Person; readonly workspace: string }

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Every route says who may use it; start-up fails if one does not. */
    permission?: Access
    /** Errors beyond those that its permission and its schema imply, for the API's documentation. */
    codes?: readonly ProblemName[]
    /** The body is a flow document. */
    flowDocument?: 'required' | 'optional'
  }
  interface FastifyRequest {
    who: Who | undefined
    role: Role | undefined
  }
}

/** Recognises who asks and holds every route to the permission it declares. Routes without one stop the start. */
export function guardRoutes(api: Api, parts: AppParts): void {
  const routes: { method: string | string[]; url: string; config?: { permission?: Access } }[] = []
  api.decorateRequest('who', undefined)
  api.decorateRequest('role', undefined)
  api.addHook('onRoute', (route) => {
    routes.push(route)
  })
  api.addHook('onReady', async () => {
    const open = routes.filter((route) => route.config?.permission === undefined)
    if (open.length === 0) return
    throw new Error(
      `These routes declare no permission: ${open.map(({ method, url }) => `${method} ${url}`).join(', ')}.`,
    )
  })
  api.addHook('onRequest', async (request) => {
    const access = request.routeOptions.config.permission
    if (access === undefined) return // no route: answered as not found
    if (access === 'public') return refuseOtherSites(request, parts.config, 'when-told')
    const who = await recognise(request, parts)
    if (!who) throw new ApiProblem('SIGN_IN_REQUIRED')
    if (who.via === 'session') refuseOtherSites(request, parts.config, 'always')
    request.who = who
    if (access !== 'signed-in') request.role = await roleFor(request, parts, who, access)
  })
}

/** For handlers behind any permission but `public`. */
export function whoAsks(request: FastifyRequest): Who {
  if (!request.who) throw new ApiProblem('SIGN_IN_REQUIRED')
  return request.who
}

export const TOKEN = /^tl_([0-9a-f]{8})_[A-Za-z0-9_-]{43}$/

export async function recognise(request: FastifyRequest, parts: AppParts): Promise<Who | undefined> {
  const { authorization } = request.headers
  // Whoever sends a token means it: a session beside it does not count.
  if (authorization !== undefined) return recogniseToken(authorization, parts)
  const cookie = request.cookies[sessionCookie(parts.config).name]
  if (!cookie) return undefined
  const session = hashSecret(cookie)
  const person = await resumeSession(parts.system, session, IDLE_MINUTES)
  return person && { via: 'session', person, session }
}

async function recogniseToken(authorization: string, { system }: AppParts): Promise<Who | undefined> {
  const secret = /^Bearer ([!-~]+)$/i.exec(authorization)?.[1] ?? ''
  const prefix = TOKEN.exec(secret)?.[1]
  if (!prefix) return undefined
  const hash = hashSecret(secret)
  const token = (await findTokens(system, prefix)).find((one) => timingSafeEqual(one.hash, hash))
  if (!token) return undefined
  await noteTokenUse(system, token.workspace, token.id)
  return { via: 'token', person: token.person, workspace: token.workspace }
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** A workspace one is no member of is answered like one that does not exist. */
async function roleFor(
  request: FastifyRequest,
  parts: AppParts,
  who: Who,
  access: Exclude<Access, 'public' | 'signed-in'>,
): Promise<Role> {
  const unknown = () => new ApiProblem('NOT_FOUND', 'There is no such workspace, or you are no member of it.')
  const params: unknown = request.params
  const workspace =
    typeof params === 'object' && params !== null && 'workspace' in params ? String(params.workspace).toLowerCase() : ''
  if (!UUID.test(workspace)) throw unknown()
  if (who.via === 'token' && who.workspace !== workspace) throw unknown()
  const role = await findRole(parts.system, workspace, who.person.id)
  if (!role) throw unknown()
  if (isAllowed(role, access)) return role
  throw new ApiProblem('NOT_ALLOWED', `The role ${role} in this workspace does not include “${access}”. Ask an owner.`)
}
