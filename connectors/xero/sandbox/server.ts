import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import { accountingRoutes } from './accounting-routes.ts'
import { controlRoutes } from './control-routes.ts'
import { type Control, createControl } from './control.ts'
import { createClock } from './clock.ts'
import { seedBooks, seedEnd } from './data.ts'
import { createFaults } from './faults.ts'
import { faultHooks } from './fault-hooks.ts'
import { createIdempotency } from './idempotency.ts'
import { identityRoutes } from './identity-routes.ts'
import { createLimiter, type Limits, TRUE_LIMITS } from './limits.ts'
import { uuidOf } from './random.ts'
import type { MoneyCounts } from './seed-money.ts'
import { spoilHooks } from './spoiling.ts'
import { createTokens } from './tokens.ts'
import { createWebhooks, type Webhooks } from './webhooks.ts'
import { createRequestLog, noteRequest, type World } from './world.ts'

export type XeroSandboxOptions = {
  /** 0, the default, takes a free one. */
  readonly port?: number
  readonly host?: string
  readonly seed?: number
  readonly contacts?: number
  readonly invoices?: number
  readonly creditNotes?: number
  /** Prepayments, overpayments, bank transactions, manual journals; none by themselves. */
  readonly money?: Partial<MoneyCounts>
  /** Last day of the seeded data, YYYY-MM-DD. */
  readonly today?: string
  /** The clock of live edits, tokens and limits; never runs behind the seeded data. */
  readonly now?: () => number
  readonly clientId?: string
  readonly clientSecret?: string
  /** Xero's own limits when absent. 'off' also lifts the high-volume refusal. */
  readonly limits?: Partial<Limits> | 'off'
  /** How long a minute of the limits is, in milliseconds. */
  readonly minuteMs?: number
  /** Every accounting answer waits this long. Without it nothing is ever slow enough to be concurrent. */
  readonly latencyMs?: number
  /** Skips the consent page. */
  readonly autoApprove?: boolean
  /** Accepts only these redirect addresses, byte for byte. */
  readonly redirectUris?: readonly string[]
}

/** A running sandbox: its address, its memory, and what a person inside Xero could do (Control). */
export type XeroSandbox = Omit<Control, 'ledger'> & {
  readonly url: string
  readonly tenantId: string
  readonly clientId: string
  readonly clientSecret: string
  readonly state: World
  /** Every accepted write, oldest first. */
  readonly ledger: World['ledger']
  readonly requests: World['requests']
  /** What the app is told by itself. */
  readonly webhooks: Webhooks
  close(): Promise<void>
}

const NO_MONEY: MoneyCounts = { prepayments: 0, overpayments: 0, bankTransactions: 0, journals: 0 }

/** Request bodies above this are refused, as Xero states. */
const LARGEST_BODY = 10 * 1024 * 1024

/** Starts a Xero of its own: one organisation, one app, all in memory. */
export async function startXeroSandbox(options: XeroSandboxOptions = {}): Promise<XeroSandbox> {
  const seed = options.seed ?? 1
  const today = options.today ?? '2026-11-20'
  const clientId = options.clientId ?? 'XERO-SANDBOX-CLIENT'
  const clientSecret = options.clientSecret ?? 'xero-sandbox-secret'
  let url = ''
  const clock = createClock(options.now ?? Date.now, seedEnd(today) + 60_000)
  const world: World = {
    tenantId: uuidOf(seed, 0, 1),
    clientId,
    clientSecret,
    books: seedBooks({
      seed,
      contacts: options.contacts ?? 200,
      invoices: options.invoices ?? 500,
      creditNotes: options.creditNotes ?? 20,
      money: { ...NO_MONEY, ...options.money },
      today,
    }),
    clock,
    tokens: createTokens(clock, { issuer: () => url, clientId }),
    limiter: createLimiter(options.limits === 'off' ? 'off' : { ...TRUE_LIMITS, ...options.limits }, options.minuteMs),
    faults: createFaults(),
    spoilt: new Map(),
    idempotency: createIdempotency(),
    ledger: [],
    requests: createRequestLog(),
    connection: undefined,
    autoApprove: options.autoApprove ?? false,
    redirectUris: options.redirectUris ?? [],
    highVolume: options.limits === 'off' ? Infinity : 100_000,
    latencyMs: options.latencyMs ?? 0,
  }

  const app = Fastify({
    bodyLimit: LARGEST_BODY,
    // Xero's paths are read without regard to case, and + in a query is a space (the official client sends it so).
    routerOptions: { caseSensitive: false, querystringParser: (text) => Object.fromEntries(new URLSearchParams(text)) },
    forceCloseConnections: true,
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
    done(null, Object.fromEntries(new URLSearchParams(String(body))))
  })
  // Accounting and control bodies stay text: idempotency compares them as sent, and broken JSON is answered in Xero's way.
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
  spoilHooks(app, world)
  faultHooks(app, world)
  identityRoutes(app, world, () => url)
  accountingRoutes(app, world)
  const control = createControl(world)
  const webhooks = createWebhooks(world)
  app.addHook('onClose', async () => webhooks.close())
  controlRoutes(app, world, control, webhooks)
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).type('text/html; charset=utf-8').send("The resource you're looking for cannot be found"),
  )
  app.addHook('onResponse', async (request, reply) => {
    const path = request.url.split('?')[0] ?? ''
    if (path.startsWith('/control')) return
    const fault = reply.getHeader('x-sandbox-fault')
    noteRequest(
      world,
      request,
      fault === 'reset-after' ? 0 : reply.statusCode,
      typeof fault === 'string' ? fault : undefined,
    )
  })

  await app.listen({ port: options.port ?? 0, host: options.host ?? '127.0.0.1' })
  // A server listening on TCP has an address with a port.
  const { port } = app.server.address() as AddressInfo
  const host = options.host ?? '127.0.0.1'
  url = `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`
  return {
    ...control,
    url,
    tenantId: world.tenantId,
    clientId,
    clientSecret,
    state: world,
    ledger: world.ledger,
    requests: world.requests,
    webhooks,
    close: () => app.close(),
  }
}
