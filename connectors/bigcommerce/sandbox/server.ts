import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import Fastify, { type FastifyInstance } from 'fastify'
import { type Control, createControl } from './control.ts'
import { controlRoutes } from './control-routes.ts'
import type { Fault } from './faults.ts'
import { customerRoutes } from './customer-routes.ts'
import { hookRoutes } from './hook-routes.ts'
import { errorBody, Refused } from './refused.ts'
import { spoilHooks } from './spoiling.ts'
import { createStore, type Store, type StoreOptions } from './store.ts'
import { createTelling, type Telling } from './telling.ts'
import { v2Routes } from './v2-routes.ts'
import { v3Routes } from './v3-routes.ts'

export type BigCommerceSandboxOptions = StoreOptions & {
  /** 0, the default, takes a free one. */
  readonly port?: number
  readonly host?: string
}

/** A running sandbox: its address and login, its memory, and what people of the shop could do. */
export type BigCommerceSandbox = Control & {
  readonly url: string
  readonly storeHash: string
  readonly accessToken: string
  /** Of another app of the same store: it shares the quota, and sees no hooks of ours. */
  readonly otherAccessToken: string
  readonly store: Store
  /** Settles when all that was told has arrived or was given up. */
  quiet(): Promise<void>
  close(): Promise<void>
}

/** Which scope a path needs. */
const SCOPES: readonly (readonly [RegExp, string])[] = [
  [/^\/v3\/orders\/.*(refunds|transactions)/, 'transactions'],
  [/^\/v[23]\/orders|^\/v2\/order_statuses/, 'orders'],
  [/^\/v3\/customers/, 'customers'],
  [/^\/v3\/catalog/, 'products'],
  [/^\/v2\/store/, 'information'],
]

/** Starts one store on a port of its own, with orders that are the same for the same seed. */
export async function startBigCommerceSandbox(options: BigCommerceSandboxOptions = {}): Promise<BigCommerceSandbox> {
  const store = createStore(options)
  const telling = createTelling(store)
  const control = createControl(store, telling)
  const app = Fastify({ forceCloseConnections: true })
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    const status = error instanceof Refused ? error.status : (error.statusCode ?? 500)
    const message = status < 500 ? error.message : 'Internal error'
    const version = request.url.includes('/v2/') ? 2 : 3
    const details = error instanceof Refused ? error.details : undefined
    return reply.code(status).send(errorBody(version, status, message, details))
  })
  // JSON is all that it reads: anything else is 415.
  app.removeContentTypeParser('text/plain')
  app.setNotFoundHandler(({ url }, reply) => {
    const version = url.includes('/v2/') ? 2 : 3
    return reply.code(404).send(errorBody(version, 404, 'The requested resource was not found.'))
  })
  app.register(async (api) => storeRoutes(api, store, telling), { prefix: `/stores/${store.hash}` })
  controlRoutes(app, store, control)
  await app.listen({ port: options.port ?? 0, host: options.host ?? '127.0.0.1' })
  // A server listening on TCP has an address with a port.
  const { port } = app.server.address() as AddressInfo
  return {
    ...control,
    url: `http://127.0.0.1:${port}`,
    storeHash: store.hash,
    accessToken: store.token,
    otherAccessToken: [...store.clients.keys()].find((token) => token !== store.token)!,
    store,
    quiet: () => telling.quiet(),
    close: async () => {
      telling.close()
      await app.close()
    },
  }
}

function storeRoutes(api: FastifyInstance, store: Store, telling: Telling): void {
  const faults = new WeakMap<object, Fault>()
  api.addHook('onRequest', async (request, reply) => {
    const path = request.url.slice(`/stores/${store.hash}`.length)
    const fault = store.faults.take()
    if (fault) faults.set(request, fault)
    if (fault?.kind === 'reset-before') return reply.hijack().raw.destroy()
    if (!store.clients.has(String(request.headers['x-auth-token'])) || fault?.kind === '401') {
      throw new Refused(401, 'Unauthorized')
    }
    // Under load the platform refuses whoever asks, and says nothing of a quota.
    if (fault?.kind === '429-load') throw new Refused(429, 'Too many requests')
    const counted = store.quota.take()
    reply.headers(store.quota.headers())
    if (!counted || fault?.kind === '429') throw new Refused(429, 'Too many requests')
    if (fault?.kind === '503') throw new Refused(503, 'The store is down for maintenance')
    if (fault?.kind === '507') throw new Refused(507, 'The store has no room left')
    const scope = SCOPES.find(([pattern]) => pattern.test(path))?.[1]
    if (fault?.kind === '403' || (scope !== undefined && store.denied.has(scope))) {
      throw new Refused(403, 'You don’t have a required scope to access the endpoint')
    }
    // V2 speaks XML to whoever does not ask for JSON.
    if (path.startsWith('/v2/') && !/json/.test(request.headers.accept ?? '')) {
      return reply.type('application/xml').send('<?xml version="1.0" encoding="UTF-8"?><orders/>')
    }
  })
  spoilHooks(api, store)
  api.addHook('onSend', async (request, reply, payload) => {
    const fault = faults.get(request)
    if (fault?.kind === 'reset-after') {
      reply.hijack().raw.destroy()
      return payload
    }
    if (fault?.kind === 'slow') await sleep(fault.delayMs ?? 1000, undefined, { ref: false })
    if (fault?.kind === 'html') {
      reply.code(200).type('text/html')
      return '<html><body>Welcome to the shop</body></html>'
    }
    return fault?.kind === 'malformed-json' && typeof payload === 'string' ? '[{"id": 1' : payload
  })
  api.addHook('onResponse', async (request) => {
    const route = `${request.method} ${(request.routeOptions.url ?? '(unknown)').replace(/^\/stores\/[^/]+/, '')}`
    store.calls.set(route, (store.calls.get(route) ?? 0) + 1)
  })
  v2Routes(api, store)
  v3Routes(api, store)
  customerRoutes(api, store, telling)
  hookRoutes(api, store)
}
