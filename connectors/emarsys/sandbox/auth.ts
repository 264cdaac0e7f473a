import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Account } from './account.ts'
import { ApiFailure } from './envelope.ts'
import type { Limits } from './limits.ts'
import { escherTime, isSignedWith, parseEscher } from './escher.ts'
import { sameText } from './tokens.ts'
import { checkWsse, parseWsse } from './wsse.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The switch on the credential that this route needs, in Emarsys' spelling. */
    emarsysSwitch?: string
  }
}

/** RFC 6749 has both halves form-encoded before base64; many clients leave that out. */
const formDecode = (text: string): string => {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

const isOurClient = (account: Account, header: string | undefined): boolean => {
  const encoded = /^basic\s+(\S+)$/i.exec(header ?? '')?.[1]
  if (encoded === undefined) return false
  const pair = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = pair.indexOf(':')
  if (colon === -1) return false
  const { clientId, clientSecret } = account.credentials
  const id = pair.slice(0, colon)
  const secret = pair.slice(colon + 1)
  return (
    (sameText(id, clientId) && sameText(secret, clientSecret)) ||
    (sameText(formDecode(id), clientId) && sameText(formDecode(secret), clientSecret))
  )
}

/** `POST /oauth2/token`: client credentials, HTTP Basic, form body. Answers are plain OAuth, without an envelope. */
export const tokenRoute = (app: FastifyInstance, account: Account): void => {
  app.post('/oauth2/token', async (request, reply) => {
    reply.header('cache-control', 'no-store')
    if (!isOurClient(account, request.headers.authorization)) {
      reply.header('www-authenticate', 'Basic realm="oauth"')
      return reply.code(401).send({ error: 'invalid_client' })
    }
    if (!String(request.headers['content-type']).startsWith('application/x-www-form-urlencoded'))
      return reply.code(400).send({ error: 'invalid_request', error_description: 'the body must be a form' })
    const form = new URLSearchParams(Buffer.isBuffer(request.body) ? request.body.toString('utf8') : '')
    if (form.get('grant_type') !== 'client_credentials')
      return reply.code(400).send({ error: 'unsupported_grant_type' })
    const { clientId, clientSecret } = account.credentials
    const seconds = account.options.tokenSeconds
    const token = account.tokens.issue(clientId, clientSecret, account.now(), seconds)
    return { access_token: token, token_type: 'bearer', expires_in: seconds }
  })
}

/** The credential a request proves, or `undefined`. Bearer works under both prefixes, WSSE only under v2. */
export const credentialOf = (account: Account, request: FastifyRequest): string | undefined => {
  const bearer = /^bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
  if (bearer !== undefined)
    return account.tokens.isLive(bearer, account.now()) ? account.credentials.clientId : undefined
  const header = request.headers['x-wsse'] ?? request.headers.wsse
  if (typeof header !== 'string' || !request.url.startsWith('/api/v2/')) return undefined
  const { wsseUser, wsseSecret } = account.credentials
  const { clockSkewMs, nonceReplay } = account.quirks
  if (!checkWsse(header, wsseUser, wsseSecret, account.now(), clockSkewMs)) return undefined
  if (nonceReplay === 'allowed') return wsseUser
  const nonce = parseWsse(header)?.nonce ?? ''
  if (account.nonces.has(nonce)) return undefined
  account.nonces.add(nonce)
  return wsseUser
}

const textHeader = (value: unknown): string => (typeof value === 'string' ? value : '')

/** The partner key a request proves by its Escher signature, or `undefined`. `body`: its bytes as they came, as text. */
export const partnerOf = (account: Account, request: FastifyRequest, body: string): string | undefined => {
  const { 'x-ems-auth': header, 'x-ems-date': date } = request.headers
  const claim = parseEscher(textHeader(header), textHeader(date))
  if (claim === undefined) return undefined
  const { escherKey, escherSecret } = account.credentials
  const off = Math.abs(escherTime(claim) - account.now())
  // NaN fails too.
  if (!sameText(claim.key, escherKey) || !(off <= account.quirks.clockSkewMs)) return undefined
  const { method, url, headers } = request
  return isSignedWith(escherSecret, claim, { method, url, headers, body }) ? escherKey : undefined
}

/** Counts the call against the credential it proves, then checks the login and the permission of the route. */
export const admit = (
  account: Account,
  request: FastifyRequest,
  reply: FastifyReply,
  credential: string | undefined,
  limits: Limits = account.limits,
): void => {
  const window = limits.take(credential ?? 'anonymous', account.now())
  if (window !== undefined) {
    reply.header('X-RateLimit-Limit', window.limit)
    reply.header('X-RateLimit-Remaining', window.remaining)
    reply.header('X-RateLimit-Reset', window.reset)
    if (window.over) throw tooMany(request.url)
  }
  if (credential === undefined) throw new ApiFailure(401, 1, 'Unauthorized')
  const permission = request.routeOptions.config.emarsysSwitch
  if (permission !== undefined && account.denied.get(credential)?.has(permission)) throw forbidden()
}

// The answer does not name the missing permission; a client has to know which one its call needs.
export const forbidden = (): ApiFailure => new ApiFailure(403, null, 'You are not allowed to access this resource')

/** The relational data service has a code of its own for it. */
export const tooMany = (url: string): ApiFailure =>
  new ApiFailure(
    429,
    url.startsWith('/api/rds') ? 15_011 : 7003,
    'Too many requests for this account and resource in the last minute',
  )
