import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { refusal } from './answers.ts'
import { consentPage, problemPage } from './consent-page.ts'
import { publicKeys } from './keys.ts'
import { ALL_SCOPES } from './scopes.ts'
import { ORGANISATION_NAME } from './wire-settings.ts'
import type { World } from './world.ts'

type Form = { readonly [name: string]: string | undefined }

/** Consent, tokens, revocation, discovery and the list of connected organisations. */
export function identityRoutes(app: FastifyInstance, world: World, address: () => string): void {
  app.get('/.well-known/openid-configuration', async () => ({
    issuer: address(),
    authorization_endpoint: `${address()}/identity/connect/authorize`,
    token_endpoint: `${address()}/connect/token`,
    revocation_endpoint: `${address()}/connect/revocation`,
    jwks_uri: `${address()}/.well-known/openid-configuration/jwks`,
    response_types_supported: ['code'],
    grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    code_challenge_methods_supported: ['S256'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    scopes_supported: ALL_SCOPES,
  }))
  app.get('/.well-known/openid-configuration/jwks', async () => publicKeys())

  app.get<{ Querystring: Form }>('/identity/connect/authorize', async (request, reply) => {
    const problem = consentProblem(world, request.query)
    if (problem) return reply.code(400).type('text/html; charset=utf-8').send(problemPage(problem))
    if (!world.autoApprove) return reply.type('text/html; charset=utf-8').send(consentPage(request.query))
    return redirect(world, request.query, true, reply)
  })
  app.post<{ Body: Form }>('/identity/connect/authorize', async (request, reply) => {
    const problem = consentProblem(world, request.body)
    if (problem) return reply.code(400).type('text/html; charset=utf-8').send(problemPage(problem))
    return redirect(world, request.body, request.body.decision === 'allow', reply)
  })

  app.post<{ Body: Form }>('/connect/token', async (request, reply) => {
    const form = request.body ?? {}
    if (!clientKnown(world, request, form.grant_type === 'authorization_code' && !!form.code_verifier)) {
      return reply.code(400).send({ error: 'invalid_client' })
    }
    if (form.grant_type === 'client_credentials') {
      // xero-node sends the parameter misnamed and comma-joined; Xero then grants what the app has.
      const scopes = (form.scope ?? '').split(' ').filter(Boolean)
      if (scopes.some((scope) => !ALL_SCOPES.includes(scope))) return reply.code(400).send({ error: 'invalid_scope' })
      const tenanted = ALL_SCOPES.filter((scope) => scope.startsWith('accounting.'))
      world.connection ??= newConnection(world, randomUUID())
      return world.tokens.forApp(scopes.length > 0 ? scopes : tenanted)
    }
    if (form.grant_type !== 'authorization_code' && form.grant_type !== 'refresh_token') {
      return reply.code(400).send({ error: 'unsupported_grant_type' })
    }
    const answer =
      form.grant_type === 'refresh_token'
        ? world.tokens.refresh(form.refresh_token ?? '')
        : world.tokens.redeemCode(form.code ?? '', form.redirect_uri ?? '', form.code_verifier ?? '')
    return answer ?? reply.code(400).send({ error: 'invalid_grant' })
  })

  app.post<{ Body: Form }>('/connect/revocation', async (request, reply) => {
    if (!clientKnown(world, request, false)) return reply.code(400).send({ error: 'invalid_client' })
    // Takes away every connection of the user, as Xero does.
    if (world.tokens.revoke(request.body?.token ?? '')) world.connection = undefined
    return reply.code(200).send('')
  })

  app.get<{ Querystring: Form }>('/connections', async (request, reply) => {
    if (!bearerKnown(world, request)) return sendRefusal(reply)
    const { connection } = world
    const wanted = request.query.authEventId
    if (!connection || (wanted && wanted !== connection.authEventId)) return []
    const { id, authEventId, tenantId, createdDateUtc, updatedDateUtc } = connection
    return [
      {
        id,
        authEventId,
        tenantId,
        tenantType: 'ORGANISATION',
        tenantName: ORGANISATION_NAME,
        createdDateUtc,
        updatedDateUtc,
      },
    ]
  })
  app.delete<{ Params: { id: string } }>('/connections/:id', async (request, reply) => {
    if (!bearerKnown(world, request)) return sendRefusal(reply)
    if (world.connection?.id !== request.params.id) return reply.code(404).send()
    world.connection = undefined
    return reply.code(204).send()
  })
}

function consentProblem(world: World, form: Form): string | undefined {
  if (form.client_id !== world.clientId) return 'unauthorized_client: the client_id is not known.'
  if (form.response_type !== 'code') return 'unsupported_response_type: only code is supported.'
  if (!form.redirect_uri || !URL.canParse(form.redirect_uri)) return 'invalid_request: redirect_uri is missing.'
  if (world.redirectUris.length > 0 && !world.redirectUris.includes(form.redirect_uri)) {
    return 'unauthorized_client: the redirect_uri is not one of the app.'
  }
  const unknown = (form.scope ?? '').split(' ').filter((scope) => scope && !ALL_SCOPES.includes(scope))
  return unknown.length > 0 ? `invalid_scope: ${unknown.join(' ')}` : undefined
}

function redirect(world: World, form: Form, allowed: boolean, reply: FastifyReply): FastifyReply {
  const target = new URL(form.redirect_uri ?? '')
  if (allowed) {
    const scopes = (form.scope ?? '').split(' ').filter(Boolean)
    const code = world.tokens.grantCode(scopes, form.redirect_uri ?? '', form.code_challenge ?? '', form.nonce ?? '')
    target.searchParams.set('code', code)
    world.connection = newConnection(world, randomUUID())
  } else target.searchParams.set('error', 'access_denied')
  if (form.state) target.searchParams.set('state', form.state)
  return reply.redirect(target.href, 302)
}

/** Reconnecting keeps the connection and moves its second date. */
function newConnection(world: World, authEventId: string) {
  // Seven digits of a second and no Z: so the identity service writes them.
  const now = `${new Date(world.clock.now()).toISOString().slice(0, 23)}0000`
  if (world.connection) return { ...world.connection, authEventId, updatedDateUtc: now }
  return { id: randomUUID(), authEventId, tenantId: world.tenantId, createdDateUtc: now, updatedDateUtc: now }
}

function clientKnown(world: World, request: FastifyRequest, publicClient: boolean): boolean {
  const basic = /^Basic (.+)$/i.exec(request.headers.authorization ?? '')
  if (basic) {
    const [id = '', secret = ''] = Buffer.from(basic[1] ?? '', 'base64')
      .toString()
      .split(':')
      .map(decodeURIComponent)
    return id === world.clientId && secret === world.clientSecret
  }
  // The content-type parser makes forms into flat records of text.
  const form = (request.body ?? {}) as Form
  if (form.client_id !== world.clientId) return false
  return publicClient
    ? form.client_secret === undefined || form.client_secret === world.clientSecret
    : form.client_secret === world.clientSecret
}

function bearerKnown(world: World, request: FastifyRequest): boolean {
  const token = world.tokens.find(/^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '')
  return token !== undefined && token.expires > world.clock.now() && !token.consent?.revoked
}

function sendRefusal(reply: FastifyReply): FastifyReply {
  const answer = refusal(401, 'AuthenticationUnsuccessful')
  return reply.code(answer.status).type(answer.type).send(answer.body)
}
