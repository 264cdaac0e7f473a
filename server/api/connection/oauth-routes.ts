import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { StepError } from '../../../connectors/kit/errors.ts'
import { AuthorizeAnswer, ConnectionParams, OAuthCallbackQuery } from '../../contract/connections.ts'
import { OAUTH_CALLBACK } from '../../contract/paths.ts'
import type { SignInFailure } from '../../contract/sign-in-failures.ts'
import { findConnection, insertOAuthState, takeOAuthState } from '../../store/connection/connection-records.ts'
import { inWorkspace } from '../../store/database/database.ts'
import { admit, whoAsks } from '../http/access.ts'
import { asksForPage } from '../http/asks-for-page.ts'
import { auditDeed, tell } from '../http/audit.ts'
import { askWithin } from './ask-within.ts'
import { kindOf } from './connection-forms.ts'
import { showConnection } from './connection-routes.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { isAllowed } from '../http/permissions.ts'
import { ApiProblem } from '../http/problems.ts'
import { knowsWhom, refuseMoreThanRenewal } from './renewal.ts'
import { failureOfExchange, failureOfPage } from './sign-in-failure.ts'
import { hashSecret, newSecret } from '../http/sessions.ts'

const STATE_MINUTES = 10
const EXCHANGE_MS = 30_000

const STRANGER =
  'Another sign-in page answered than the one that was opened; nothing of its answer was used. Start the sign-in again, and look at the address of the page.'

/** The workspace stands before the secret part, because the callback has none in its path. */
const STATE = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.[A-Za-z0-9_-]{43}$/

/** The address the browser goes to. The way back works once, for ten minutes, in this session. */
async function beginSignIn(
  parts: AppParts,
  request: FastifyRequest & { readonly params: { readonly workspace: string } },
  connection: string,
): Promise<string> {
  const who = whoAsks(request)
  if (who.via !== 'session') {
    throw new ApiProblem('NOT_ALLOWED', 'A sign-in by browser has to begin in the web app, not with an API token.')
  }
  const { workspace } = request.params
  const state = `${workspace}.${newSecret()}`
  const origin = parts.config.publicUrl ?? `${request.protocol}://${request.host}`
  const redirectUri = `${origin}${OAUTH_CALLBACK}`
  const url = await parts.connections.authorizeUrl(workspace, connection, redirectUri, state).catch(blameRemote)
  await inTenant(parts, request, (tx) =>
    insertOAuthState(tx, {
      workspace,
      hash: hashSecret(state),
      connection,
      session: who.session,
      redirectUri,
      minutes: STATE_MINUTES,
    }),
  )
  return url
}

export function oauthRoutes(api: Api, parts: AppParts): void {
  api.post(
    '/workspaces/:workspace/connections/:connection/authorize',
    {
      schema: {
        summary: 'Begin a sign-in by browser: answers the address to send it to',
        tags: ['connections'],
        params: ConnectionParams,
        response: { 200: AuthorizeAnswer },
      },
      config: { permission: 'connections.renew', codes: ['CONNECTION_INVALID', 'REMOTE_FAILED'] },
    },
    async (request) => {
      const { connection } = request.params
      const view = await showConnection(parts, request, connection)
      const { connector, login } = view
      if (!kindOf(parts, connector, login).login.authorize) {
        throw new ApiProblem(
          'CONNECTION_INVALID',
          `The sign-in “${login}” needs no browser; its secrets are enough. Test it.`,
        )
      }
      refuseMoreThanRenewal(request.role, view)
      return { url: await beginSignIn(parts, request, connection) }
    },
  )

  api.get(
    '/oauth/callback',
    {
      schema: {
        summary: 'Where sign-in pages send the browser back to; goes on to the connection in the web app',
        tags: ['connections'],
        querystring: OAuthCallbackQuery,
        response: { 302: Type.Null() },
      },
      config: { permission: 'signed-in', fromOtherSites: true, codes: ['OAUTH_REFUSED'] },
      errorHandler: (error, request, reply) => {
        if (!asksForPage(request) || !(error instanceof ApiProblem || error.validation)) throw error
        return reply.redirect(whereTo(request.query), 302)
      },
    },
    async (request, reply) => {
      const who = whoAsks(request)
      const { state, code, iss, error } = request.query
      const workspace = STATE.exec(state)?.[1]
      if (who.via !== 'session' || workspace === undefined) throw new ApiProblem('OAUTH_REFUSED')
      const begun = await inWorkspace(parts.app, workspace, (tx) =>
        takeOAuthState(tx, workspace, hashSecret(state), who.session),
      )
      // The role may have changed since the sign-in began, and so may what the workspace asks for.
      const role = begun && (await admit(parts, who, workspace, { whileClosing: false }))
      if (!begun || !role || !isAllowed(role, 'connections.renew')) throw new ApiProblem('OAUTH_REFUSED')
      const again = await inWorkspace(parts.app, workspace, (tx) => findConnection(tx, workspace, begun.connection))
      if (!again || !(isAllowed(role, 'connections.manage') || knowsWhom(again.pinned)))
        throw new ApiProblem('OAUTH_REFUSED')
      const { authorize } = kindOf(parts, again.connector, again.login).login
      const page = `/w/${workspace}/connections/${begun.connection}`
      const failed = (failure: SignInFailure) => reply.redirect(`${page}?error=${failure}`, 302)
      if (iss !== undefined && iss !== authorize?.issuer(again.settings)) {
        if (asksForPage(request)) return failed('ANOTHER_PAGE')
        throw new ApiProblem('OAUTH_REFUSED', STRANGER)
      }
      if (code === undefined) return failed(failureOfPage(error))
      try {
        await askWithin(EXCHANGE_MS, (signal) =>
          parts.connections.exchangeCode(workspace, begun.connection, code, begun.redirectUri, signal),
        )
      } catch (failure) {
        if (!(failure instanceof StepError)) throw failure
        // Its words may help whoever runs the product; they do not travel through the address.
        request.log.warn({ err: failure, connection: begun.connection }, 'a sign-in at another system led to nothing')
        return failed(failureOfExchange(failure))
      }
      tell(request, { subject: { connection: begun.connection } })
      await inWorkspace(parts.app, workspace, (tx) => auditDeed(tx, workspace, request))
      return reply.redirect(`${page}?signedIn=yes`, 302)
    },
  )
}

/** Where a person hears that it led to nothing, and can begin anew; whoever is signed in no more signs in there first. */
function whereTo(query: unknown): string {
  const state: unknown = typeof query === 'object' && query !== null && 'state' in query ? query.state : undefined
  const workspace = typeof state === 'string' ? STATE.exec(state)?.[1] : undefined
  return `${workspace === undefined ? '/' : `/w/${workspace}/connections`}?refused=yes`
}

function blameRemote(error: unknown): never {
  if (error instanceof StepError) throw new ApiProblem('REMOTE_FAILED', error.message, { cause: error })
  throw error
}
