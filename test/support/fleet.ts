import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EmarsysSandbox, startEmarsysSandbox } from '../../connectors/emarsys/sandbox/server.ts'
import { startXeroSandbox, type XeroSandbox } from '../../connectors/xero/sandbox/server.ts'
import type { Flow } from '../../server/flow/document/flow.ts'
import { WRITE_SCOPES } from './workspace.ts'
import { type ProductProcess, type ProductRole, startProductProcess } from './product-process.ts'

export type Call = <T>(method: 'GET' | 'POST' | 'PUT' | 'PATCH', path: string, body?: unknown) => Promise<T>

/** Several processes of the product on one database, with an owner, a workspace and both sandboxes. */
export type Fleet = {
  readonly xero: XeroSandbox
  readonly emarsys: EmarsysSandbox
  readonly workspace: string
  readonly connections: { readonly xero: string; readonly emarsys: string }
  /** With the owner's login. */
  readonly databaseUrl: string
  /** The first process with an API. */
  readonly api: ProductProcess
  /** As the owner, below `/workspaces/<workspace>`, through the first process with an API that is alive. */
  readonly call: Call
  /** `root` has the code, where it is another version's. */
  start(role: ProductRole, env?: { readonly [name: string]: string }, root?: string): Promise<ProductProcess>
  /** A flow with its slots bound, published and switched on. Answers its id. */
  flow(document: Flow): Promise<string>
  /** A new secret for the flow's only hook. Answers where to send events, with it. */
  hook(flow: string): Promise<{ readonly url: string; readonly secret: string; readonly header: string | null }>
  close(): Promise<void>
}

export type FleetOptions = {
  /** With the owner's login. */
  readonly databaseUrl: string
  readonly xero?: Parameters<typeof startXeroSandbox>[0]
  readonly emarsys?: Parameters<typeof startEmarsysSandbox>[0]
  /** Of both connections. Default: no limit, so that no budget is shared. */
  readonly callsPerMinute?: number
  /** For every process. */
  readonly env?: { readonly [name: string]: string }
  /** Role of the first process. Default: api. */
  readonly first?: ProductRole
  /** For Node, of every process. Default: a limit of the heap alone. */
  readonly flags?: readonly string[]
  /** Where the code of the first process is. Default: here. */
  readonly root?: string | undefined
}

export async function openFleet(options: FleetOptions): Promise<Fleet> {
  const opened: (() => Promise<unknown>)[] = []
  const close = async () => {
    for (const one of opened.splice(0).reverse()) await one()
  }
  try {
    const xero = await startXeroSandbox({ contacts: 0, invoices: 0, creditNotes: 0, limits: 'off', ...options.xero })
    opened.push(() => xero.close())
    const emarsys = await startEmarsysSandbox({ limits: 'off', ...options.emarsys })
    opened.push(() => emarsys.close())
    const dataDir = await mkdtemp(join(tmpdir(), 'tieline-fleet-'))
    opened.push(() => rm(dataDir, { recursive: true, force: true }))
    const secretKey = randomBytes(32).toString('hex')
    const apis: ProductProcess[] = []
    const start = async (role: ProductRole, env: { readonly [name: string]: string } = {}, root?: string) => {
      const settings = {
        DATABASE_URL: options.databaseUrl,
        DATA_DIR: dataDir,
        SECRET_KEY: secretKey,
        EGRESS_ALLOW: `${new URL(xero.url).host},${new URL(emarsys.url).host}`,
        EVALUATOR_CHILDREN: '1',
        ...options.env,
        ...env,
      }
      const one = await startProductProcess(role, settings, options.flags, root)
      if (one.url !== '') apis.push(one)
      opened.push(async () => {
        if (one.alive()) await one.kill()
      })
      return one
    }
    const api = await start(options.first ?? 'api', {}, options.root)
    let cookie = await signUp(api)
    const ask: Call = async (method, path, body) => {
      const { url } = apis.find((one) => one.alive()) ?? api
      const once = () =>
        fetch(`${url}/api/v1${path}`, {
          method,
          headers: { cookie, origin: url, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        })
      let response = await once()
      if (response.status === 401) {
        // Nobody asked anything for half an hour, and the session has ended.
        cookie = await signIn(url)
        response = await once()
      }
      const text = await response.text()
      if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 500)}`)
      return text === '' ? undefined : JSON.parse(text)
    }
    const { workspaces } = await ask<{ workspaces: { id: string }[] }>('GET', '/me')
    const workspace = workspaces[0]!.id
    const call: Call = (method, path, body) => ask(method, `/workspaces/${workspace}${path}`, body)
    const connections = await connect(call, xero, emarsys, options.callsPerMinute)
    return {
      ...{ xero, emarsys, workspace, connections, databaseUrl: options.databaseUrl, api, call, start, close },
      async flow(document) {
        const { id } = await call<{ id: string }>('POST', '/flows', document)
        const slots = Object.keys(document.slots)
        const bindings = Object.fromEntries(
          slots.map((slot) => [slot, connections[document.slots[slot]!.connector === 'xero' ? 'xero' : 'emarsys']]),
        )
        await call('PUT', `/flows/${id}/bindings`, { bindings })
        await call('POST', `/flows/${id}/publish`, { summary: 'First', revision: 1 })
        await call('POST', `/flows/${id}/switch`, { on: true })
        return id
      },
      async hook(flow) {
        const { items } = await call<{ items: { id: string; header: string | null }[] }>('GET', `/flows/${flow}/hooks`)
        const made = await call<{ hook: { url: string; header: string | null }; secret: string }>(
          'POST',
          `/flows/${flow}/hooks/${items[0]!.id}/secret`,
          {},
        )
        return {
          url: new URL(new URL(made.hook.url).pathname, api.url).href,
          secret: made.secret,
          header: made.hook.header,
        }
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Who set the fleet's product up. */
export const OWNER = { email: 'olive@example.com', password: 'seven slow trains to the sea' } as const

/** Opens the one-time link as a person would. Answers the cookie. */
async function signUp(api: ProductProcess): Promise<string> {
  if (!api.setUpLink) throw new Error('the product printed no set-up link')
  const answer = await fetch(`${api.url}/api/v1/setup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: api.url },
    body: JSON.stringify({
      token: new URL(api.setUpLink).hash.slice(1),
      email: OWNER.email,
      name: 'Olive Owner',
      password: OWNER.password,
      workspace: 'Nordwind',
    }),
  })
  if (!answer.ok) throw new Error(`the set-up answered ${answer.status}: ${await answer.text()}`)
  return cookieOf(answer)
}

async function signIn(url: string): Promise<string> {
  const answer = await fetch(`${url}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify(OWNER),
  })
  if (!answer.ok) throw new Error(`signing in answered ${answer.status}: ${await answer.text()}`)
  return cookieOf(answer)
}

const cookieOf = (answer: Response): string =>
  answer.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')

async function connect(call: Call, xero: XeroSandbox, emarsys: EmarsysSandbox, callsPerMinute = 1_000_000) {
  const add = async (body: object) => (await call<{ id: string }>('POST', '/connections', body)).id
  return {
    xero: await add({
      connector: 'xero',
      name: 'The books',
      login: 'custom-connection',
      settings: {
        ...{ identityUrl: xero.url, loginUrl: xero.url, apiUrl: xero.url, scopes: WRITE_SCOPES },
        ...{ callsPerMinute, callsPerDay: 10_000_000 },
      },
      secrets: { clientId: xero.clientId, clientSecret: xero.clientSecret },
    }),
    emarsys: await add({
      connector: 'emarsys',
      name: 'The mails',
      login: 'oauth-client',
      settings: {
        ...{ apiUrl: emarsys.url, tokenUrl: `${emarsys.url}/oauth2/token`, salesUrl: emarsys.url },
        ...{ merchantId: emarsys.merchantId, externalIdField: '9001', callsPerMinute },
      },
      secrets: { clientId: emarsys.clientId, clientSecret: emarsys.clientSecret, salesToken: emarsys.salesToken },
    }),
  }
}
