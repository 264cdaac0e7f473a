import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Answer, notFound, notImplemented, Refused, refusal } from './answers.ts'
import { readGroups } from './group-writing.ts'
import { readHistory } from './history.ts'
import { fingerprint } from './idempotency.ts'
import type { Query } from './listing.ts'
import * as reading from './reading.ts'
import { readReport } from './reports.ts'
import { scopeAllows } from './scopes.ts'
import { send } from './sending.ts'
import type { AccessToken } from './tokens.ts'
import type { World } from './world.ts'
import * as writing from './writing.ts'

const BASE = '/api.xro/2.0'
const RESOURCES = [
  'Invoices',
  'CreditNotes',
  'Payments',
  'Prepayments',
  'Overpayments',
  'BankTransactions',
  'ManualJournals',
  'Contacts',
  'ContactGroups',
  'Organisation',
  'Accounts',
  'TaxRates',
  'TrackingCategories',
  'Items',
  'Reports',
]

/** Who calls, then quota, then a replay, then the work: the order Xero keeps. */
export function accountingRoutes(app: FastifyInstance, world: World): void {
  app.route({
    method: ['GET', 'POST', 'PUT', 'DELETE', 'PATCH'],
    url: `${BASE}/*`,
    handler: async (request, reply) => {
      const path = request.url.split('?')[0]?.slice(BASE.length + 1) ?? ''
      const parts = path.split('/').filter(Boolean).map(decodeURIComponent)
      const resource = RESOURCES.find((name) => name.toLowerCase() === parts[0]?.toLowerCase())
      const caller = authenticate(world, request, resource, parts.slice(1))
      if ('status' in caller) return send(reply, caller)
      if (!admit(world, reply)) return reply
      if (world.latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, world.latencyMs))
      if (!/json/i.test(request.headers.accept ?? '')) {
        return send(reply, {
          status: 406,
          type: 'text/plain; charset=utf-8',
          body: 'Send "Accept: application/json". Xero answers in XML without it; this sandbox speaks JSON only.',
        })
      }
      if (!resource) return send(reply, notFound())
      return send(
        reply,
        replayed(world, caller, request, () => work(world, request, resource, parts.slice(1))),
      )
    },
  })
}

function authenticate(
  world: World,
  request: FastifyRequest,
  resource: string | undefined,
  below: readonly string[],
): AccessToken | Answer {
  const token = world.tokens.find(/^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '')
  if (!token || token.consent?.revoked) return refusal(401, 'AuthenticationUnsuccessful')
  if (token.expires <= world.clock.now()) return refusal(401, `TokenExpired: token expired at ${usText(token.expires)}`)
  const tenant = request.headers['xero-tenant-id']
  // A custom connection belongs to one organisation and may leave the header out.
  const tenantFits = tenant === world.tenantId || (tenant === undefined && !token.consent)
  if (!world.connection || !tenantFits) return refusal(403, 'AuthenticationUnsuccessful')
  if (resource && !scopeAllows(token.scopes, resource, request.method !== 'GET', below)) {
    return refusal(401, 'AuthorizationUnsuccessful')
  }
  return token
}

/** MM/DD/YYYY HH:MM:SS, as the detail of an expired token has it. */
function usText(instant: number): string {
  const iso = new Date(instant).toISOString()
  return `${iso.slice(5, 7)}/${iso.slice(8, 10)}/${iso.slice(0, 4)} ${iso.slice(11, 19)}`
}

function admit(world: World, reply: FastifyReply): boolean {
  const now = world.clock.now()
  const verdict = world.limiter.enter(now)
  reply.headers(world.limiter.headers(now))
  if (verdict.problem) {
    tooMany(reply, verdict.problem, verdict.retryAfter)
    return false
  }
  reply.raw.once('close', () => world.limiter.leave())
  return true
}

/** Status 429 with neither body nor content type; Retry-After for all but concurrent. */
export function tooMany(reply: FastifyReply, problem: string, retryAfter: number | undefined): void {
  reply.code(429).header('x-rate-limit-problem', problem)
  if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter))
  reply.send()
}

function replayed(world: World, caller: AccessToken, request: FastifyRequest, doIt: () => Answer): Answer {
  const key = request.headers['idempotency-key']
  if (typeof key !== 'string' || !['PUT', 'POST', 'PATCH'].includes(request.method)) return doIt()
  const print = fingerprint(request.method, request.url, bodyText(request))
  const stored = world.idempotency.find(caller.token, key, print, world.clock.now())
  if (stored) return stored
  const answer = doIt()
  world.idempotency.keep(caller.token, key, print, answer, world.clock.now())
  return answer
}

const bodyText = (request: FastifyRequest): string => (typeof request.body === 'string' ? request.body : '')

function work(world: World, request: FastifyRequest, resource: string, rest: readonly string[]): Answer {
  const query = lowerNames(request.query)
  try {
    if (request.method === 'GET') return read(world, request, resource, rest, query)
    return writing.write(world, {
      method: request.method,
      path: request.url.split('?')[0] ?? '',
      resource,
      rest,
      query,
      body: bodyText(request),
    })
  } catch (problem) {
    if (problem instanceof Refused) return problem.answer
    throw problem
  }
}

function read(world: World, request: FastifyRequest, resource: string, rest: readonly string[], query: Query): Answer {
  const since = request.headers['if-modified-since']
  const asked = { query, ifModifiedSince: since }
  const id = rest[0]
  if (resource === 'Reports') return readReport(world, id ?? '', query)
  if (rest.length === 2 && rest[1]?.toLowerCase() === 'history') return readHistory(world, resource, id ?? '')
  if (rest.length > 1) return notFound()
  switch (resource) {
    case 'Invoices':
      return id === undefined ? reading.listInvoices(world, asked) : reading.oneInvoice(world, id, query)
    case 'CreditNotes':
      return id === undefined ? reading.listCreditNotes(world, asked) : reading.oneCreditNote(world, id, query)
    case 'Payments':
      return id === undefined ? reading.listPayments(world, asked) : reading.onePayment(world, id)
    case 'Contacts':
      return id === undefined ? reading.listContacts(world, asked) : reading.oneContact(world, id)
    case 'Organisation':
      return id === undefined ? reading.organisation(world) : notFound()
    case 'Prepayments':
    case 'Overpayments':
      return reading.paidAhead(world, resource, id, asked)
    case 'BankTransactions':
      return reading.bankTransactions(world, id, asked)
    case 'ManualJournals':
      return reading.manualJournals(world, id, asked)
    case 'ContactGroups':
      return readGroups(world, id)
    case 'TrackingCategories':
      return reading.trackingCategories(world, id)
    case 'Items':
      return reading.items(world, id, query)
    case 'Accounts':
      return reading.account(world, id)
    case 'TaxRates':
      return reading.taxRate(world, id)
    default:
      return notImplemented()
  }
}

/** Fastify's parser yields text, or lists of text for a repeated name; the last one counts. */
function lowerNames(query: unknown): Query {
  const entries = Object.entries(query ?? {}).map(([name, value]): [string, string] => [
    name.toLowerCase(),
    String(Array.isArray(value) ? value.at(-1) : value),
  ])
  return Object.fromEntries(entries)
}
