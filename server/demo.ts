import { randomBytes } from 'node:crypto'
import { chmodSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Config, readConfig } from './config.ts'
import type { AlertRuleRequest, AlertRuleView } from './contract/alerts.ts'
import type { ConnectionView, TestResult } from './contract/connections.ts'
import type { Draft, FlowView } from './contract/flows.ts'
import { API } from './contract/paths.ts'
import type { CreatedToken, Me } from './contract/people.ts'
import type { RunView } from './contract/runs.ts'
import { type Caller, createCaller } from './demo/caller.ts'
import { makeFreshDemo } from './demo/own-database.ts'
import { type Sandboxes, startSandboxes } from './demo/sandboxes.ts'
import { type Product, startProduct } from './product.ts'
import { stopOnSignal } from './stop-on-signal.ts'

const SIZE = { contacts: 20_000, invoices: 50_000, creditNotes: 2_000 }
const TEMPLATE = 'paid-invoices-to-purchases'
const OWNER = { email: 'demo@tieline.example', name: 'Dana Demo' }

/** `npm run demo`: the product with a workspace wired to both sandboxes, and the main flow at work. */
async function main(): Promise<void> {
  const stops: (() => Promise<void>)[] = []
  const stop = async () => {
    for (const one of stops.splice(0).reverse()) await one()
  }
  stopOnSignal(stop)
  try {
    await demo(stops)
  } catch (error) {
    await stop()
    throw error
  }
}

async function demo(stops: (() => Promise<void>)[]): Promise<void> {
  const wanted = readConfig(undefined, { DATA_DIR: './data-demo', LOG_LEVEL: 'warn' })
  await makeFreshDemo(wanted)
  console.log(
    `Making a demo company: ${SIZE.contacts} contacts, ${SIZE.invoices} invoices, ${SIZE.creditNotes} credit notes …`,
  )
  const sandboxes = await startSandboxes(SIZE)
  stops.push(sandboxes.stop)
  const config: Config = {
    ...wanted,
    egressAllow: [
      ...wanted.egressAllow,
      ...[sandboxes.xero, sandboxes.emarsys, sandboxes.bigcommerce].map(({ url }) => new URL(url).host),
      `${sandboxes.mail.host}:${sandboxes.mail.port}`,
    ],
  }
  // The product's own e-mail goes where that of flows goes; its links lead to where the browser is.
  const port = config.port === 0 ? await freePort() : config.port
  const product = await startProduct(
    { ...config, port },
    {
      letters: {
        smtpUrl: `smtp://${sandboxes.mail.host}:${sandboxes.mail.port}`,
        from: 'tieline@sandbox-trading.example',
        links: `http://localhost:${port}`,
      },
    },
  )
  stops.push(product.stop)

  const { call, bySession, workspace, token, password } = await signUp(product)
  await bySession('PATCH', '/me/preferences', { weekly: { workspaces: { [workspace]: true }, zone: 'Europe/London' } })
  const connections = await connect(call, workspace, sandboxes)
  const { xero, emarsys } = connections
  const flow = await installFlow(call, workspace, { xero, emarsys })
  await watchFlows(call, workspace, connections.email)
  const file = join(config.dataDir, 'demo.json')
  writeFileSync(
    file,
    `${JSON.stringify(
      {
        url: product.url,
        workspace,
        flows: { [TEMPLATE]: flow },
        connections,
        sandboxes: {
          xero: sandboxes.xero.url,
          emarsys: sandboxes.emarsys.url,
          bigcommerce: sandboxes.bigcommerce.url,
          mail: sandboxes.mail.url,
        },
        owner: { email: OWNER.email, password },
        token,
      },
      null,
      2,
    )}\n`,
    { mode: 0o600 },
  )
  chmodSync(file, 0o600)
  console.log(`Tieline is ready at ${product.url}`)
  console.log(`  sign in with     ${OWNER.email}  ${password}`)
  console.log(`  the ledger       ${sandboxes.xero.url}/control`)
  console.log(`  the marketing    ${sandboxes.emarsys.url}/control`)
  console.log(`  the shop         ${sandboxes.bigcommerce.url}/control`)
  console.log(`  its mail         ${sandboxes.mail.url}/control`)
  console.log(`  for scripts      ${file}`)

  const run = await watchFirstRun(call, workspace, flow)
  const sales = (await (await fetch(`${sandboxes.emarsys.url}/control/state`)).json()) as { [name: string]: unknown }
  const { read = 0, sent = 0, exceptions = 0, calls = 0 } = run.counts
  console.log(
    `The first run ${run.state === 'succeeded' ? 'moved everything' : `ended as ${run.state}: ${run.reason}`}.`,
  )
  console.log(`  ${read} records read, ${sent} contacts and sales rows sent, ${exceptions} exceptions, ${calls} calls.`)
  console.log(
    `  Emarsys now has ${sales.contacts} contacts and ${sales.salesRows} sales rows worth ${sales.revenue} GBP.`,
  )
  console.log(`  Look at it: ${product.url}/w/${workspace}/runs/${run.id}`)
  console.log('Change something on the ledger’s page, then press “Run now”. Ctrl-C stops everything.')
}

/** Opens the one-time link as a person would, and makes an API token. */
async function signUp(product: Product) {
  const { setUpUrl, url } = product
  if (!setUpUrl) throw new Error('the fresh demo database has an owner already')
  const password = randomBytes(9).toString('base64url')
  const set = await fetch(`${url}${API}/setup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify({ token: new URL(setUpUrl).hash.slice(1), ...OWNER, password, workspace: 'Sandbox Trading' }),
  })
  if (!set.ok) throw new Error(`the set-up answered ${set.status}: ${(await set.text()).slice(0, 500)}`)
  const me = (await set.json()) as Me
  const cookie = set.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
  const workspace = me.workspaces[0]!.id
  const bySession = createCaller(url, () => ({ cookie, origin: url }))
  const created = await bySession<CreatedToken>('POST', `/workspaces/${workspace}/tokens`, { name: 'Demo scripts' })
  const call = createCaller(url, () => ({ authorization: `Bearer ${created.secret}` }))
  return { call, bySession, workspace, token: created.secret, password }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  // A server that listens on TCP has an address with a port.
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function connect(call: Caller, workspace: string, { xero, emarsys, bigcommerce, mail }: Sandboxes) {
  const add = async (body: unknown) => {
    const made = await call<ConnectionView>('POST', `/workspaces/${workspace}/connections`, body)
    const tested = await call<TestResult>('POST', `/workspaces/${workspace}/connections/${made.id}/test`)
    const bad = tested.findings.filter((finding) => !finding.ok)
    if (bad.length > 0)
      throw new Error(`${made.name}: ${bad.map((finding) => `${finding.title}: ${finding.detail}`).join('; ')}`)
    return made.id
  }
  return {
    xero: await add({
      connector: 'xero',
      name: 'Xero (sandbox)',
      login: 'custom-connection',
      settings: {
        identityUrl: xero.url,
        loginUrl: xero.url,
        apiUrl: xero.url,
        callsPerMinute: 1_000_000,
        callsPerDay: 10_000_000,
      },
      secrets: { clientId: xero.clientId, clientSecret: xero.clientSecret },
    }),
    emarsys: await add({
      connector: 'emarsys',
      name: 'Emarsys (sandbox)',
      login: 'oauth-client',
      settings: {
        apiUrl: emarsys.url,
        tokenUrl: `${emarsys.url}/oauth2/token`,
        salesUrl: emarsys.url,
        merchantId: emarsys.merchantId,
        externalIdField: '9001',
        callsPerMinute: 1_000_000,
      },
      secrets: { clientId: emarsys.clientId, clientSecret: emarsys.clientSecret, salesToken: emarsys.salesToken },
    }),
    bigcommerce: await add({
      connector: 'bigcommerce',
      name: 'BigCommerce (sandbox)',
      login: 'token',
      settings: { apiUrl: bigcommerce.url, storeHash: bigcommerce.storeHash, callsPerMinute: 1_000_000 },
      secrets: { accessToken: bigcommerce.accessToken },
    }),
    email: await add({
      connector: 'email',
      name: 'E-mail (sandbox)',
      login: 'none',
      settings: {
        ...{ host: mail.host, port: mail.port, security: 'none' },
        ...{ from: 'tieline@sandbox-trading.example', fromName: 'Tieline at Sandbox Trading' },
      },
      secrets: {},
    }),
  }
}

async function installFlow(
  call: Caller,
  workspace: string,
  connections: { readonly [slot: string]: string },
): Promise<string> {
  const flow = await call<FlowView>('POST', `/workspaces/${workspace}/templates/${TEMPLATE}`)
  const path = `/workspaces/${workspace}/flows/${flow.id}`
  await call('PUT', `${path}/bindings`, { bindings: connections })
  const draft = await call<Draft>('GET', `${path}/draft`)
  await call('POST', `${path}/publish`, { summary: 'From the template', revision: draft.revision })
  await call('POST', `${path}/switch`, { on: true })
  return flow.id
}

/** Whatever stands still or waits for a person is told to the owner by mail, which the sandbox shows. */
async function watchFlows(call: Caller, workspace: string, connection: string): Promise<void> {
  const rules: readonly Pick<AlertRuleRequest, 'name' | 'watch'>[] = [
    { name: 'A flow stands still', watch: { kind: 'failure' } },
    { name: 'Exceptions wait', watch: { kind: 'exceptions', atLeast: 1 } },
  ]
  for (const rule of rules) {
    await call<AlertRuleView>('POST', `/workspaces/${workspace}/alert-rules`, {
      ...rule,
      recipients: [{ connection, address: OWNER.email }],
      zone: 'Europe/London',
    })
  }
}

async function watchFirstRun(call: Caller, workspace: string, flow: string): Promise<RunView> {
  let run = await call<RunView>('POST', `/workspaces/${workspace}/flows/${flow}/run`, {})
  let shown = ''
  while (['queued', 'running', 'waiting'].includes(run.state)) {
    await sleep(500)
    run = await call<RunView>('GET', `/workspaces/${workspace}/runs/${run.id}`)
    const line = `  … ${run.counts.read ?? 0} records read, ${run.counts.sent ?? 0} sent`
    if (line !== shown) console.log(line)
    shown = line
  }
  return run
}

main().catch((error: unknown) => {
  const named = error instanceof Error && 'code' in error && typeof error.code === 'string'
  console.error(named ? error.message : error)
  process.exit(1)
})
