import { timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import {
  type ClosingState,
  findMembership,
  type Person,
  resumeSession,
  type SignInRule,
} from '../../store/people/people.ts'
import { PAGE_PERSON } from '../../contract/paths.ts'
import type { Means } from '../../store/database/people-tables.ts'
import type { Role } from '../../store/database/schema.ts'
import { findTokens, noteTokenUse } from '../../store/people/tokens.ts'
import { isId } from './check-requests.ts'
import type { Api, AppParts } from './parts.ts'
import { type Access, isAllowed } from './permissions.ts'
import { ApiProblem, type ProblemName, outdated } from './problems.ts'
import { refuseOtherSites } from './same-site.ts'
import { hashSecret, IDLE_MINUTES, sessionCookie } from './sessions.ts'
import { isFrom } from './token-addresses.ts'

/** Who asks. A token stands for its person in one workspace. */
export type Who =
  | {
      readonly via: 'session'
      readonly person: Person
      readonly session: Buffer
      readonly means: Means
      /** A second factor was given in this session. */
      readonly second: boolean
      /** The person has one, whether it was given here or not. */
      readonly hasSecond: boolean
      /** Since the person last proved who they are. */
      readonly provedSeconds: number
    }
  | {
      readonly via: 'token'
      readonly id: string
      readonly person: Person
      readonly workspace: string
      /** Permissions it was made for; null: all of the person's role. */
      readonly scopes: readonly string[] | null
      /** Which proofs the session had that made it. */
      readonly made: { readonly sso: boolean; readonly secondFactor: boolean }
    }

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Every route says who may use it; start-up fails if one does not. */
    permission?: Access
    /** Dangerous: asks for a proof of who it is that is younger than FRESH_MINUTES. No API token gets this far. */
    stepUp?: true
    /**
     * Whether it is served while its workspace is being closed. Unless it says: what GET reads is, all else is not. What
     * takes access away from somebody says so, and what reads by another method.
     */
    whileClosing?: boolean
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
    if (parts.outdated?.() && !['GET', 'HEAD'].includes(request.method)) throw outdated()
    const meant = whosePage(request)
    const who = await recognise(request, parts)
    if (!who) throw new ApiProblem('SIGN_IN_REQUIRED')
    if (who.via === 'session') {
      refuseOtherSites(request, parts.config, 'always')
      refuseAnother(meant, who)
    }
    request.who = who
    if (access === 'signed-in') refuseTokens(request, who)
    else request.role = await roleFor(request, parts, who, access)
    if (request.routeOptions.config.stepUp) refuseStale(who)
  })
}

/** What the page says, which no route has to know: taken out of the address, as each takes what it names only. */
function whosePage({ headers, query }: FastifyRequest): unknown {
  if (typeof query !== 'object' || query === null || !Object.hasOwn(query, PAGE_PERSON)) return headers[PAGE_PERSON]
  const said: unknown = Reflect.get(query, PAGE_PERSON)
  Reflect.deleteProperty(query, PAGE_PERSON)
  return headers[PAGE_PERSON] ?? said
}

/**
 * All pages of a browser share its cookie: one that is still open while somebody else signs in beside it would do as that
 * one what the first one has typed.
 */
function refuseAnother(meant: unknown, { person }: Who): void {
  if (meant === undefined || meant === person.id) return
  throw new ApiProblem('SIGN_IN_REQUIRED', 'Somebody else has signed in in this browser since the page was opened.')
}

/**
 * Whether a request that takes long would be let in if it came now: all that was asked at its beginning is asked again.
 * @throws ApiProblem as at its beginning
 */
export async function stillLetIn(request: FastifyRequest, parts: AppParts): Promise<void> {
  const access = request.routeOptions.config.permission
  const who = await recognise(request, parts)
  if (!who) throw new ApiProblem('SIGN_IN_REQUIRED')
  if (access === undefined || access === 'public' || access === 'signed-in') return
  await roleFor(request, parts, who, access)
}

/** For handlers behind any permission but `public`. */
export function whoAsks(request: FastifyRequest): Who {
  if (!request.who) throw new ApiProblem('SIGN_IN_REQUIRED')
  return request.who
}

/** For what only a person may do, signed in by browser. @throws ApiProblem NOT_ALLOWED for an API token */
export function personAsks(request: FastifyRequest): Extract<Who, { via: 'session' }> {
  const who = whoAsks(request)
  if (who.via === 'token') throw new ApiProblem('NOT_ALLOWED', 'Sign in by browser; an API token cannot do this.')
  return who
}

export const TOKEN = /^tl_([0-9a-f]{8})_[A-Za-z0-9_-]{43}$/

export async function recognise(request: FastifyRequest, parts: AppParts): Promise<Who | undefined> {
  const { authorization } = request.headers
  // Whoever sends a token means it: a session beside it does not count.
  if (authorization !== undefined) return recogniseToken(request, authorization, parts)
  const cookie = request.cookies[sessionCookie(parts.config).name]
  if (!cookie) return undefined
  const session = hashSecret(cookie)
  const live = await resumeSession(parts.system, session, IDLE_MINUTES)
  return live && { via: 'session', session, ...live }
}

async function recogniseToken(
  request: FastifyRequest,
  authorization: string,
  { system }: AppParts,
): Promise<Who | undefined> {
  const secret = /^Bearer ([!-~]+)$/i.exec(authorization)?.[1] ?? ''
  const prefix = TOKEN.exec(secret)?.[1]
  if (!prefix) return undefined
  const hash = hashSecret(secret)
  const token = (await findTokens(system, prefix)).find((one) => timingSafeEqual(one.hash, hash))
  if (!token) return undefined
  if (token.addresses !== null && !isFrom(token.addresses, request.ip)) {
    // Whoever has stolen it learns nothing: the answer is the one to a token that there is not.
    const { workspace, id } = token
    request.log.warn({ workspace, token: id, address: request.ip }, 'an API token was used from where it is not taken')
    return undefined
  }
  await noteTokenUse(system, token.workspace, token.id)
  const { id, person, workspace, scopes, made } = token
  return { via: 'token', id, person, workspace, scopes, made }
}

/** A proof lets somebody do dangerous things for so long; then it is asked for once more. */
const FRESH_MINUTES = 15

/** Outside workspaces an API token reads who it is, and changes nothing. */
function refuseTokens(request: FastifyRequest, who: Who): void {
  if (who.via !== 'token' || request.method === 'GET' || request.method === 'HEAD') return
  throw new ApiProblem('NOT_ALLOWED', 'Sign in by browser; an API token cannot do this.')
}

export const isStale = (who: Extract<Who, { via: 'session' }>): boolean =>
  who.provedSeconds > FRESH_MINUTES * 60 || (who.hasSecond && !who.second)

function refuseStale(who: Who): void {
  if (who.via === 'token') {
    throw new ApiProblem('STEP_UP_REQUIRED', 'An API token cannot do this. Sign in by browser.')
  }
  // Single sign-on may have let somebody in without the second factor that they have here.
  if (isStale(who)) throw new ApiProblem('STEP_UP_REQUIRED')
}

/** What a workspace asks for and whoever comes has not given; undefined if it has all. */
export function lacking(
  rule: SignInRule,
  who:
    | Pick<Extract<Who, { via: 'session' }>, 'via' | 'means' | 'second'>
    | Pick<Extract<Who, { via: 'token' }>, 'via' | 'made'>,
): 'SSO_REQUIRED' | 'SECOND_FACTOR_NEEDED' | undefined {
  const given = who.via === 'token' ? who.made : { sso: who.means === 'sso', secondFactor: who.second }
  if (rule.sso && !given.sso) return 'SSO_REQUIRED'
  if (rule.secondFactor && !given.secondFactor) return 'SECOND_FACTOR_NEEDED'
  return undefined
}

/**
 * The role of somebody in a workspace, held to how the workspace wants people to sign in: whatever lets anybody into a
 * workspace asks here.
 * @throws ApiProblem SSO_REQUIRED, SECOND_FACTOR_NEEDED, WORKSPACE_CLOSING, WORKSPACE_GONE
 */
export async function admit(
  parts: AppParts,
  who: Who,
  workspace: string,
  { whileClosing }: { readonly whileClosing: boolean },
): Promise<Role | undefined> {
  if (who.via === 'token' && who.workspace !== workspace) return undefined
  const membership = await findMembership(parts.system, workspace, who.person.id)
  if (!membership) return undefined
  const lacks = lacking(membership.rule, who)
  if (lacks && who.via === 'token') {
    throw new ApiProblem(lacks, 'The token was made before the workspace asked for this. Make a new one.')
  }
  if (lacks) throw new ApiProblem(lacks)
  refuseClosing(membership.closing, whileClosing)
  return membership.role
}

/** @throws ApiProblem WORKSPACE_CLOSING, WORKSPACE_GONE */
export function refuseClosing(closing: ClosingState | undefined, whileClosing: boolean): void {
  if (closing?.deleting) throw new ApiProblem('WORKSPACE_GONE')
  if (!closing || whileClosing) return
  const day = closing.deleteAfter.toISOString().slice(0, 10)
  throw new ApiProblem(
    'WORKSPACE_CLOSING',
    `Everything in it is off and can only be read; its data is deleted after ${day}. Until then an owner can take that back.`,
  )
}

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
    typeof params === 'object' && params !== null && 'workspace' in params ? String(params.workspace) : ''
  if (!isId(workspace)) throw unknown()
  const { whileClosing = request.method === 'GET' || request.method === 'HEAD' } = request.routeOptions.config
  const role = await admit(parts, who, workspace, { whileClosing })
  if (!role) throw unknown()
  if (!isAllowed(role, access)) {
    throw new ApiProblem(
      'NOT_ALLOWED',
      `The role ${role} in this workspace does not include “${access}”. Ask an owner.`,
    )
  }
  if (who.via === 'token' && who.scopes !== null && !who.scopes.includes(access)) {
    throw new ApiProblem('NOT_ALLOWED', `This token was not made for “${access}”. Make one that is.`)
  }
  return role
}
