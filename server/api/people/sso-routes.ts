import { Type } from 'typebox'
import { INSTALLATION } from '../../audit/chain.ts'
import { API, INVITATION_PAGE, PROVED_PAGE, SIGN_IN_PAGE } from '../../contract/paths.ts'
import { SignInWays, SsoBegin, SsoBegun, SsoCallbackQuery } from '../../contract/sso.ts'
import { type Claims, SsoRefused } from '../../proof/single-sign-on.ts'
import { insertSsoState, removeIdentities, type SsoState, takeSsoState } from '../../store/people/identities.ts'
import { open, seal } from '../../store/key/secrets.ts'
import { waysOf } from '../../store/people/ways.ts'
import { isStale, personAsks, recognise } from '../http/access.ts'
import { asksForPage } from '../http/asks-for-page.ts'
import { auditDeed } from '../http/audit.ts'
import type { Api, AppParts } from '../http/parts.ts'
import { ApiProblem } from '../http/problems.ts'
import { hashSecret, newSecret, sessionCookie } from '../http/sessions.ts'
import { comeBack, type SsoFailure } from './sso-callback.ts'

const MINUTES = 10
const CALLBACK = `${API}/session/sso/callback`
const PLACE = 'sso_states/verifier'

/** Single sign-on: away to the place where people sign in, and back. */
export function ssoRoutes(api: Api, parts: AppParts): void {
  const tags = ['signing in']
  const { system, keys, config } = parts
  const cookie = () => {
    const { name, secure } = sessionCookie(config)
    // Lax: it has to come along when the place sends the browser back.
    return { name: `${name}-sso`, options: { path: '/', httpOnly: true, sameSite: 'lax', secure } as const }
  }
  // Where the answer goes must not be for the asker to say: it is of the settings, never of a header, and without a
  // PUBLIC_URL there is no single sign-on.
  const sso = () => {
    if (!parts.sso || config.publicUrl === undefined)
      throw new ApiProblem('NOT_FOUND', 'This installation has no single sign-on.')
    return { place: parts.sso, redirectUri: `${config.publicUrl}${CALLBACK}` }
  }

  api.get(
    '/session/ways',
    {
      schema: { summary: 'Say how people can sign in here', tags, response: { 200: SignInWays } },
      config: { permission: 'public' },
    },
    async () => ({ sso: parts.sso?.name ?? null, mail: parts.mail !== undefined }),
  )

  api.post(
    '/session/sso',
    {
      schema: {
        summary: 'Begin to sign in at the place of single sign-on',
        tags,
        body: SsoBegin,
        response: { 200: SsoBegun },
      },
      config: {
        permission: 'public',
        codes: [
          'REQUEST_INVALID',
          'SIGN_IN_REQUIRED',
          'STEP_UP_REQUIRED',
          'NOT_FOUND',
          'RATE_LIMITED',
          'ORIGIN_REFUSED',
          'REMOTE_FAILED',
        ],
        rateLimit: { max: 30, timeWindow: '1 minute' },
      },
    },
    async (request, reply) => {
      const { purpose, to, invitation } = request.body
      if (to !== undefined && !isOwnPath(to))
        throw new ApiProblem('REQUEST_INVALID', '`to` has to be a path of the web app.')
      let user: string | null = null
      if (purpose === 'link' || purpose === 'prove') {
        const who = await recognise(request, parts)
        if (who?.via !== 'session') throw new ApiProblem('SIGN_IN_REQUIRED')
        // A new way in is dangerous; showing who one is, is not.
        if (purpose === 'link' && isStale(who)) throw new ApiProblem('STEP_UP_REQUIRED')
        if (purpose === 'prove' && who.hasSecond) throw new ApiProblem('REQUEST_INVALID', 'Give the code of your app.')
        user = who.person.id
      }
      const { place, redirectUri } = sso()
      const begun = await place.begin(redirectUri, purpose === 'prove').catch((cause: Error) => {
        throw new ApiProblem('REMOTE_FAILED', cause.message, { cause })
      })
      const secret = newSecret()
      await insertSsoState(
        system,
        {
          hash: hashSecret(begun.state),
          bound: hashSecret(secret),
          nonce: begun.nonce,
          verifier: seal(keys, PLACE, begun.verifier),
          purpose,
          user,
          invitation: invitation === undefined ? null : hashSecret(invitation),
          to: to ?? null,
        },
        MINUTES,
      )
      const { name, options } = cookie()
      return reply.setCookie(name, secret, { ...options, maxAge: MINUTES * 60 }).send({ url: begun.url })
    },
  )

  api.get(
    '/session/sso/callback',
    {
      schema: {
        summary: 'Where the place of single sign-on sends the browser back to; goes on to the web app',
        tags,
        querystring: SsoCallbackQuery,
        response: { 302: Type.Null() },
      },
      config: { permission: 'public', codes: ['REQUEST_INVALID', 'NOT_FOUND'] },
      errorHandler: (error, request, reply) => {
        if (!asksForPage(request) || !error.validation) throw error
        return reply.redirect(whereTo(undefined, false, 'SSO_FAILED'))
      },
    },
    async (request, reply) => {
      const { name, options } = cookie()
      const secret = request.cookies[name]
      reply.clearCookie(name, options)
      const { state } = request.query
      const begun = secret === undefined ? undefined : await takeSsoState(system, hashSecret(state), hashSecret(secret))
      const refuse = async (failure: SsoFailure) =>
        reply.redirect(whereTo(begun, (await recognise(request, parts))?.via === 'session', failure))
      if (!begun) return refuse('SSO_EXPIRED')
      const { place, redirectUri } = sso()
      const answer = new URL(redirectUri)
      answer.search = new URL(request.url, answer).search
      const verifier = open(keys, PLACE, begun.verifier).toString()
      let claims: Claims
      try {
        claims = await place.finish(answer, { state, nonce: begun.nonce, verifier }, begun.purpose === 'prove')
      } catch (error) {
        request.log.warn({ err: error }, 'single sign-on failed')
        await auditDeed(system, INSTALLATION, request, {
          action: 'person.sign-in-refused',
          told: { detail: { by: 'sso' } },
        })
        return refuse(error instanceof SsoRefused ? error.why : 'SSO_FAILED')
      }
      const came = await comeBack({ parts, request, reply }, begun, claims)
      return 'failure' in came ? refuse(came.failure) : reply.redirect(came.to)
    },
  )

  api.delete(
    '/me/sso',
    {
      schema: { summary: 'Stop signing in by single sign-on', tags: ['yourself'], response: { 204: Type.Null() } },
      config: { permission: 'signed-in', stepUp: true, codes: ['NOT_ALLOWED', 'NOT_FOUND', 'LAST_WAY_IN'] },
    },
    async (request, reply) => {
      const { person } = personAsks(request)
      if (!(await waysOf(system, person.id)).password) throw new ApiProblem('LAST_WAY_IN')
      await system.transaction().execute(async (tx) => {
        if (!(await removeIdentities(tx, person.id))) throw new ApiProblem('NOT_FOUND', 'You do not sign in that way.')
        await auditDeed(tx, INSTALLATION, request)
      })
      return reply.code(204).send(null)
    },
  )
}

/**
 * The page that says why it failed: the one where somebody who is signed in began, so that nobody who wanted to connect
 * an account has to sign in anew; else the one for signing in, which goes on there afterwards.
 */
function whereTo(begun: SsoState | undefined, signedIn: boolean, failure: SsoFailure): string {
  const { purpose, to } = begun ?? {}
  if (to === PROVED_PAGE) return `${PROVED_PAGE}?sso=${failure}`
  if (purpose === 'join') return `${INVITATION_PAGE}?sso=${failure}`
  if (signedIn && to) {
    const [path = '', query = ''] = to.split('#', 1)[0]?.split('?') ?? []
    const search = new URLSearchParams(query)
    search.set('sso', failure)
    return `${path}?${search}`
  }
  return `${SIGN_IN_PAGE}?${new URLSearchParams({ sso: failure, ...(to ? { to } : {}) })}`
}

/** `//host` and `/\host` lead a browser elsewhere. */
const isOwnPath = (to: string): boolean => /^\/(?![/\\])[!-~]*$/.test(to)
