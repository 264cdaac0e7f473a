import type { FastifyInstance } from 'fastify'
import { type Control, ControlRefused } from './control.ts'
import { controlPage } from './control-page.ts'
import { readFaults } from './faults.ts'
import type { Store } from './store.ts'

type Asked = {
  Params: { id: string; action: string }
  Body: { readonly [field: string]: unknown } | undefined
}

const LOOPBACK = /^(127\.|::1$|::ffff:127\.)/
const LOCAL_NAMES = ['127.0.0.1', 'localhost', '[::1]']

/** The control page and its API: this machine only, and not from other sites' pages. */
export function controlRoutes(app: FastifyInstance, store: Store, control: Control): void {
  app.register(async (inner) => {
    inner.addHook('onRequest', async (request, reply) => {
      const { host = '', origin } = request.headers
      const local = LOOPBACK.test(request.ip) && LOCAL_NAMES.includes(host.replace(/:\d+$/, ''))
      if (local && (origin === undefined || origin === `http://${host}`)) return
      return reply.code(403).type('text/plain; charset=utf-8').send('The control page answers this machine only.')
    })
    inner.setErrorHandler((error, _request, reply) => {
      if (error instanceof ControlRefused || error instanceof TypeError) {
        return reply.code(409).send({ error: error.message })
      }
      throw error
    })

    inner.get('/control', async (_request, reply) => reply.type('text/html; charset=utf-8').send(controlPage(store)))
    inner.get('/control/state', async () => ({
      ...{ orders: store.orders.size, customers: store.customers.size, refunds: store.refunds.length },
      ...{ hooks: [...store.hooks.values()], refused: store.quota.refused, faults: store.faults.list() },
      calls: Object.fromEntries(store.calls),
    }))
    inner.post<Asked>('/control/orders', async ({ body }) => ({
      id: control.placeOrder(typeof body?.status === 'number' ? { status: body.status } : {}).id,
    }))
    inner.post<Asked>('/control/orders/:id/:action', async ({ params, body }, reply) => {
      const id = Number(params.id)
      switch (params.action) {
        case 'status':
          control.setStatus(id, Number(body?.status))
          return { id }
        case 'refund':
          return { refund: control.refundOrder(id, undefined, refundKindOf(body?.kind)) ?? null }
        case 'pay':
          return { transaction: control.payOrder(id, body?.test === true ? { test: true } : {}) }
        case 'archive':
          control.archiveOrder(id)
          return { id }
        default:
          return reply.code(404).send({ error: 'There are status, refund, pay and archive.' })
      }
    })
    inner.post<Asked>('/control/customers/:id/rename', async ({ params, body }) => {
      control.renameCustomer(Number(params.id), String(body?.lastName ?? 'Renamed'))
      return { id: Number(params.id) }
    })
    inner.post<Asked>('/control/quota', async ({ body }) => {
      if (body?.quota !== 'off' && typeof body?.quota !== 'number')
        throw new ControlRefused('Send {"quota": 150 or "off"}.')
      store.quota.set(body.quota)
      return store.quota.headers()
    })
    inner.post<Asked>('/control/delivery', async ({ body = {} }) => {
      const { copies, swapped } = body
      control.setDelivery({
        ...(typeof copies === 'number' && copies > 0 ? { copies: Math.min(copies, 100) } : {}),
        ...(typeof swapped === 'boolean' ? { swapped } : {}),
      })
      return store.delivery
    })
    inner.post('/control/faults', async (request) => {
      store.faults.add(readFaults(request.body))
      return { faults: store.faults.list() }
    })
    inner.delete('/control/faults', async () => {
      store.faults.clear()
      return { faults: [] }
    })
  })
}

const REFUND_KINDS = ['declined', 'partly', 'tax', 'offline'] as const

function refundKindOf(value: unknown): (typeof REFUND_KINDS)[number] | undefined {
  const kind = REFUND_KINDS.find((known) => known === value)
  if (value !== undefined && !kind) throw new ControlRefused(`A refund may be ${REFUND_KINDS.join(', ')}.`)
  return kind
}
