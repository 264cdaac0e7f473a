import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import { connectors } from '../../connectors/index.ts'
import { leftNoEntry } from '../../server/api/http/audit.ts'
import { hashPassword } from '../../server/api/people/passwords.ts'
import type { Api, AppParts } from '../../server/api/http/parts.ts'
import { buildApp } from '../../server/app.ts'
import { buildCatalog } from '../../server/catalog.ts'
import type { Connections } from '../../server/connect/connections.ts'
import { createConnections } from '../../server/connect/service.ts'
import { createEvaluator } from '../../server/evaluate/pool.ts'
import type { Flow } from '../../server/flow/document/flow.ts'
import type { SingleSignOn } from '../../server/proof/single-sign-on.ts'
import { newId } from '../../server/store/database/ids.ts'
import { insertPerson } from '../../server/store/people/people.ts'
import type { Role } from '../../server/store/database/schema.ts'
import { createKeyring, type Keyring } from '../../server/store/key/secrets.ts'
import { insertMember, insertWorkspace } from '../../server/store/workspace/workspaces.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { TRACE_DAYS } from '../support/trace-days.ts'

export const PASSWORD = 'four grey herons at dawn'
/** Of PASSWORD: hashing it for every person of every test would take long. */
const passwordHash = hashPassword(PASSWORD)

/** Somebody signed in. Answers are what the server sends, whatever the status. */
export type Caller = {
  readonly id: string
  readonly email: string
  call(
    method: InjectOptions['method'],
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<LightMyRequestResponse>
}

export type Installation = {
  readonly database: TestDatabase
  readonly api: Api
  readonly keys: Keyring
  readonly connections: Connections
  workspace(name?: string): Promise<string>
  member(workspace: string, role: Role): Promise<Caller>
  withToken(token: string): Pick<Caller, 'call'>
  withCookie(cookie: string): Pick<Caller, 'call'>
  close(): Promise<void>
}

export const API = '/api/v1'

/** Routes of the audit table that may answer well without an entry of their own, beyond those that are asked to be `dry`. */
const MAY_LEAVE_NOTHING: { readonly [route: string]: string } = {
  'POST /password/forgotten': 'the entry comes after the answer, and only if there is somebody',
  'POST /workspaces/:workspace/files': 'the same file once more is the one that is there',
  'POST /workspaces/:workspace/suppressions': 'somebody who is suppressed already',
  'POST /workspaces/:workspace/unknown-effects/settle': 'what somebody else has settled at the same moment',
  'POST /workspaces/:workspace/flows/:flow/waiting/release': 'those that it names wait no longer',
  'POST /workspaces/:workspace/flows/:flow/waiting/cancel': 'those that it names wait no longer',
  'POST /workspaces/:workspace/exceptions/retry': 'none of those that it names is open',
  'POST /workspaces/:workspace/runs/resume': 'none of those that it names is paused',
  'POST /workspaces/:workspace/runs/cancel': 'those that it names have ended, or are cancelled already',
  'POST /workspaces/:workspace/flows/:flow/clients/try': 'the entries are those of the clients',
}

/**
 * The product's HTTP side on a database of its own, with real evaluators and connectors, not listening. Every request of
 * every test is held to the audit table: `close` throws if one was answered well and left no entry.
 */
export async function install(
  config: {
    publicUrl?: string
    webRoot?: string
    metricsToken?: string
    xeroWebhookKey?: string
    bigcommerceWebhookKey?: string
    hooksPerSecond?: number
    trustedProxies?: readonly string[]
    peopleDomains?: readonly string[]
    egressAllow?: readonly string[]
    sso?: SingleSignOn
    mail?: AppParts['mail']
    erasures?: AppParts['erasures']
    statementSeconds?: AppParts['statementSeconds']
    searchReach?: AppParts['searchReach']
    mailLinks?: string
    /** One that there is; it stays. Default: a new one. */
    database?: TestDatabase
  } = {},
): Promise<Installation> {
  const database = config.database ?? (await testDatabase())
  const keys = createKeyring(database.secretKey)
  const evaluator = createEvaluator({ children: 1 })
  const connections = createConnections({
    db: database.app.db,
    keys,
    connectors,
    egressAllow: config.egressAllow ?? [],
  })
  const api = await buildApp({
    config: {
      publicUrl: config.publicUrl,
      sessionHours: 12,
      traceDays: TRACE_DAYS,
      logLevel: 'silent',
      xeroWebhookKey: config.xeroWebhookKey,
      bigcommerceWebhookKey: config.bigcommerceWebhookKey,
      hooksPerSecond: config.hooksPerSecond,
      trustedProxies: config.trustedProxies ?? [],
      peopleDomains: config.peopleDomains ?? [],
      metricsToken: config.metricsToken,
    },
    app: database.app.db,
    system: database.system.db,
    pools: { app: database.app.pool, system: database.system.pool },
    keys,
    evaluator,
    catalog: buildCatalog(),
    connections,
    webRoot: config.webRoot,
    sso: config.sso,
    mail: config.mail,
    erasures: config.erasures,
    statementSeconds: config.statementSeconds,
    searchReach: config.searchReach,
    mailLinks: config.mailLinks,
  })
  const unaudited = new Set<string>()
  api.addHook('onResponse', async (request, reply) => {
    const route = `${request.method} ${request.routeOptions.url?.replace(API, '')}`
    if (!leftNoEntry(request, reply.statusCode) || Object.hasOwn(MAY_LEAVE_NOTHING, route)) return
    const { dry } = (request.body ?? {}) as { dry?: unknown }
    if (dry !== true) unaudited.add(`${route} answered ${reply.statusCode}`)
  })
  await api.ready()

  const caller = (headers: Record<string, string>): Pick<Caller, 'call'> => ({
    call: (method, path, body, more = {}) =>
      api.inject({
        method,
        url: `${API}${path}`,
        headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...more },
        ...(body === undefined
          ? {}
          : { payload: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body) }),
      } as InjectOptions), // its type does not take a method that is only known at run time
  })

  return {
    database,
    api,
    keys,
    connections,
    async workspace(name = 'Nordwind') {
      const id = newId()
      await insertWorkspace(database.system.db, id, name)
      return id
    },
    async member(workspace, role) {
      const id = newId()
      const email = `${role}-${id}@example.com`
      await insertPerson(database.system.db, { id, email, name: `A ${role}`, passwordHash: await passwordHash })
      await insertMember(database.system.db, workspace, id, role)
      const cookie = await signIn(api, email, PASSWORD)
      return { id, email, ...caller({ cookie, 'sec-fetch-site': 'same-origin' }) }
    },
    withCookie: (cookie) => caller({ cookie, 'sec-fetch-site': 'same-origin' }),
    withToken: (token) => caller({ authorization: `Bearer ${token}` }),
    async close() {
      await api.close()
      await Promise.all([evaluator.close(), connections.close()])
      if (!config.database) await database.drop()
      if (unaudited.size > 0) throw new Error(`No entry in the audit log: ${[...unaudited].join('; ')}.`)
    },
  }
}

let addresses = 0

/** From a new address each time, so that the limit of sign-ins per address is not in the way. Answers the cookie. */
export async function signIn(api: Api, email: string, password: string): Promise<string> {
  addresses += 1
  const answer = await api.inject({
    method: 'POST',
    url: `${API}/session`,
    payload: { email, password },
    remoteAddress: `10.0.${addresses >> 8}.${addresses & 255}`,
  })
  if (answer.statusCode !== 200) throw new Error(`signing in answered ${answer.statusCode}: ${answer.body}`)
  return cookieOf(answer)
}

export function cookieOf(answer: LightMyRequestResponse): string {
  const [cookie] = answer.cookies
  if (!cookie) throw new Error('the answer set no cookie')
  return `${cookie.name}=${cookie.value}`
}

/** Reads invoices and maps them: valid once `ledger` is bound. */
export function invoiceFlow(change: Partial<Flow> = {}): Flow {
  return {
    format: 1,
    name: 'Paid invoices',
    description: '',
    capture: 'full',
    slots: { ledger: { connector: 'xero', title: 'Ledger' } },
    nodes: [
      { id: 'start', operation: 'manual', name: 'By hand', settings: {} },
      { id: 'clock', operation: 'schedule', name: 'Every hour', settings: { mode: 'interval', everyMinutes: 60 } },
      { id: 'read', operation: 'xero.list-invoices', name: 'Invoices', slot: 'ledger', settings: {} },
      { id: 'shape', operation: 'map', name: 'Shape', settings: { expression: '{ "number": InvoiceNumber }' } },
    ],
    edges: [
      { id: 'e1', from: 'start', port: 'out', to: 'read', input: 'in' },
      { id: 'e2', from: 'clock', port: 'out', to: 'read', input: 'in' },
      { id: 'e3', from: 'read', port: 'out', to: 'shape', input: 'in' },
    ],
    ...change,
  }
}

export const XERO_CONNECTION = {
  connector: 'xero',
  name: 'Xero of Nordwind',
  login: 'custom-connection',
  settings: {},
  secrets: { clientId: 'id-of-the-app', clientSecret: 'never-to-be-seen-again' },
}

/** A flow, bound and published, with the connection it uses. */
export async function publishedFlow(by: Caller, workspace: string): Promise<{ flow: string; connection: string }> {
  const at = `/workspaces/${workspace}`
  const flow: string = (await by.call('POST', `${at}/flows`, invoiceFlow())).json().id
  const connection: string = (await by.call('POST', `${at}/connections`, XERO_CONNECTION)).json().id
  await by.call('PUT', `${at}/flows/${flow}/bindings`, { bindings: { ledger: connection } })
  const published = await by.call('POST', `${at}/flows/${flow}/publish`, { summary: 'First', revision: 1 })
  if (published.statusCode !== 201) throw new Error(`publishing answered ${published.statusCode}: ${published.body}`)
  return { flow, connection }
}
