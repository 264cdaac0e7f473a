import { randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import { type Account, createAccount, type SandboxOptions } from './account.ts'
import { admit, credentialOf, partnerOf, tokenRoute } from './auth.ts'
import { behaviourRoutes } from './behaviour.ts'
import { blocklistRoutes } from './blocklist.ts'
import { broadcastRoutes } from './broadcast.ts'
import { campaignResponseRoutes } from './campaign-responses.ts'
import { campaignRoutes } from './campaigns.ts'
import { contactHistoryRoutes } from './contact-history.ts'
import { contactReadRoutes } from './contact-reads.ts'
import { contactWriteRoutes } from './contact-routes.ts'
import { type Control, controlOf } from './control.ts'
import { controlRoutes } from './control-routes.ts'
import { engagementRoutes } from './engagement.ts'
import { ApiFailure, failed, ok } from './envelope.ts'
import { eventRoutes } from './events.ts'
import { exportRoutes } from './exports.ts'
import { fieldRoutes } from './field-routes.ts'
import { VERSION } from './faults.ts'
import { knownPaths } from './known-paths.ts'
import type { Limits } from './limits.ts'
import { listRoutes } from './lists.ts'
import { mailStreamRoutes } from './mail-streams.ts'
import { misbehave } from './misbehave.ts'
import { programRoutes } from './programs.ts'
import { relationalRoutes } from './relational.ts'
import { reportingRoutes } from './reporting.ts'
import { salesRoute } from './sales.ts'
import { segmentRoutes } from './segments.ts'

export type { LedgerEntry, SandboxOptions } from './account.ts'
export type { ShownContact } from './contacts.ts'
export type { TriggeredEvent } from './events.ts'
export type { Fault } from './faults.ts'
export type { SalesRow } from './sales-book.ts'

/** A running sandbox: its address and login, what it holds, and the levers of the control page as functions. */
export type EmarsysSandbox = Control & {
  /** For example `http://127.0.0.1:40123`. Core, token and sales data share it. */
  readonly url: string
  close(): Promise<void>
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The body as it came, of calls whose signature covers its bytes; empty for all others. */
    sentText: string
  }
}

/** Bodies are judged by content, not by content type: clients are not consistent either. */
const takeJson = (app: FastifyInstance, isSigned = false): void => {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, (request, text, done) => {
    if (isSigned) request.sentText = text.toString()
    if (text === '') return done(null, {})
    try {
      done(null, JSON.parse(text.toString()))
    } catch {
      done(new ApiFailure(400, 1010, 'Body is not valid JSON'))
    }
  })
}

/** The Core API. `internal`: with the signature of a partner for its login. */
const api = (app: FastifyInstance, account: Account, internal: boolean): void => {
  takeJson(app, internal)
  app.addHook('onRequest', async (request, reply) => {
    reply.header('X-Emarsys-Request-Id', randomUUID())
    if (!internal) admit(account, request, reply, credentialOf(account, request))
  })
  if (internal)
    app.addHook('preValidation', async (request, reply) =>
      admit(account, request, reply, partnerOf(account, request, request.sentText)),
    )
  app.addHook('onSend', async (request, reply, payload) => {
    // Files of exports say what they are.
    const isFile = String(reply.getHeader('content-type')).startsWith('text/csv')
    if (request.fault?.kind !== 'html' && !isFile) reply.header('content-type', account.quirks.contentType)
    return payload
  })
  contactWriteRoutes(app, account)
  contactReadRoutes(app, account)
  contactHistoryRoutes(app, account)
  fieldRoutes(app, account)
  listRoutes(app, account)
  eventRoutes(app, account)
  segmentRoutes(app, account)
  campaignRoutes(app, account)
  campaignResponseRoutes(app, account)
  broadcastRoutes(app, account)
  blocklistRoutes(app, account)
  programRoutes(app, account)
  exportRoutes(app, account)
}

type Service = {
  readonly prefix: string
  readonly routes: (app: FastifyInstance, account: Account) => void
  /** Errors are `{error: {message, code}}`, as these services have no envelope. */
  readonly plainErrors?: true
  readonly limits?: (account: Account) => Limits
}

/** Services beside the Core API: the same login, other prefixes. */
const BESIDES: readonly Service[] = [
  { prefix: '/api/email/reporting/v1', routes: reportingRoutes, plainErrors: true },
  { prefix: '/api/rds', routes: relationalRoutes },
  { prefix: '/api/rds/v1', routes: relationalRoutes },
  { prefix: '/api/rtm', routes: mailStreamRoutes, limits: (account) => account.streamLimits },
  { prefix: '/api/hds', routes: behaviourRoutes },
  { prefix: '/api/engagementevent/v1', routes: engagementRoutes, plainErrors: true },
]

const beside = (app: FastifyInstance, account: Account, { routes, plainErrors, limits }: Service): void => {
  takeJson(app)
  if (plainErrors)
    app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
      const status = error instanceof ApiFailure ? error.status : (error.statusCode ?? 500)
      return reply.code(status).send({ error: { message: error.message, code: status } })
    })
  app.addHook('onRequest', async (request, reply) =>
    admit(account, request, reply, credentialOf(account, request), limits?.(account)),
  )
  routes(app, account)
}

const wire = (app: FastifyInstance, account: Account): void => {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, bytes, done) => done(null, bytes))
  app.decorateRequest('sentText', '')
  misbehave(app, account)
  app.addHook('onResponse', async (request) => {
    const route = `${request.method} ${(request.routeOptions.url ?? '(unknown)').replace(VERSION, '')}`
    account.requests.set(route, (account.requests.get(route) ?? 0) + 1)
  })
  app.get('/healthcheck', async () => ok('OK'))
  tokenRoute(app, account)
  salesRoute(app, account)
  for (const service of BESIDES)
    app.register(async (scope) => beside(scope, account, service), { prefix: service.prefix })
  for (const prefix of ['/api/v2', '/api/v3']) app.register(async (scope) => api(scope, account, false), { prefix })
  app.register(async (scope) => api(scope, account, true), { prefix: '/api/v2/internal/:customer' })
}

/** Starts one Emarsys account on a port of its own. Give it a seed for contacts that are the same every time. */
export const startEmarsysSandbox = async (options: SandboxOptions = {}): Promise<EmarsysSandbox> => {
  const account = createAccount(options)
  const app = Fastify({
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 2000 },
  })
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    if (error instanceof ApiFailure) return reply.code(error.status).send(failed(error.replyCode, error.message))
    if (error.statusCode === 413) return reply.code(413).send(failed(1000, 'Request body is too large'))
    const status = error.statusCode ?? 500
    return reply.code(status).send(failed(1, status < 500 ? error.message : 'Internal error'))
  })
  const isKnown = knownPaths(app)
  app.setNotFoundHandler((request, reply) =>
    isKnown(request.url.split('?')[0] ?? '')
      ? reply.code(400).send(failed(1009, 'Invalid HTTP method.'))
      : reply.code(404).send({ message: 'no Route matched with those values' }),
  )
  await app.register(async (scope) => wire(scope, account))
  await app.register(async (scope) => controlRoutes(scope, account))
  await app.listen({ port: options.port ?? 0, host: options.host ?? '127.0.0.1' })
  const { address, port, family } = app.server.address() as AddressInfo // a listening TCP server has one
  const host = family === 'IPv6' ? `[${address}]` : address
  return Object.assign(controlOf(account), { url: `http://${host}:${port}`, close: () => app.close() })
}
