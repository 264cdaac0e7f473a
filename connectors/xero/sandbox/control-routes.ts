import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Control } from './control.ts'
import { ControlRefused } from './control-refused.ts'
import { controlPage } from './control-page.ts'
import { FAULT_KINDS, type Fault } from './faults.ts'
import { isWire } from './input.ts'
import type { Limits } from './limits.ts'
import type { Subscription, Webhooks } from './webhooks.ts'
import type { Wire } from './wire.ts'
import type { World } from './world.ts'

type Named = { Params: { id: string; action: string } }

/** The control page and its API: no Xero login, loopback only, and not from other sites' pages. */
export function controlRoutes(app: FastifyInstance, world: World, control: Control, webhooks: Webhooks): void {
  app.register(async (inner) => {
    inner.addHook('onRequest', async (request, reply) => {
      if (isLocal(request)) return
      return reply.code(403).type('text/plain; charset=utf-8').send('The control page answers this machine only.')
    })
    inner.setErrorHandler((error, _request, reply) => {
      const refused = error instanceof ControlRefused
      if (!refused) throw error
      return reply.code(409).send({ error: error.message })
    })

    inner.get('/control', async (_request, reply) =>
      reply.type('text/html; charset=utf-8').send(controlPage(world, control)),
    )
    inner.get('/control/state', async () => control.status())
    inner.get('/control/ledger', async () => control.ledger())
    inner.get('/control/totals', async () => control.totals())
    inner.get<Named>('/control/documents/:id', async (request, reply) => {
      return control.document(request.params.id) ?? reply.code(404).send({ error: 'No such document.' })
    })
    inner.post<Named>('/control/invoices/:id/:action', async (request, reply) => {
      const { id, action } = request.params
      const body = bodyOf(request)
      const amount = typeof body.amount === 'number' ? { amount: body.amount } : {}
      switch (action) {
        case 'pay':
          return control.pay(id, amount)
        case 'unpay':
          return control.unpay(id, typeof body.paymentId === 'string' ? { paymentId: body.paymentId } : {})
        case 'void':
          return control.void(id)
        case 'edit':
          return control.edit(id, body)
        case 'credit':
          return control.credit(id, amount)
        default:
          return reply
            .code(404)
            .send({ error: `Unknown action ${action}; there are pay, unpay, void, edit and credit.` })
      }
    })
    inner.post<Named>('/control/contacts/:id/:action', async (request, reply) => {
      const { id, action } = request.params
      if (action === 'edit') return control.editContact(id, bodyOf(request))
      if (action === 'archive') return control.archiveContact(id)
      if (action === 'merge') return control.mergeContact(id, String(bodyOf(request).into ?? ''))
      return reply.code(404).send({ error: `Unknown action ${action}; there are edit, archive and merge.` })
    })
    inner.post('/control/lock', async (request) => control.lock(readLock(bodyOf(request))))
    inner.post<Named>('/control/accounts/:id/archive', async (request) =>
      control.archiveAccount(request.params.id, bodyOf(request).archived !== false),
    )
    inner.post('/control/limits', async (request) => {
      control.setLimits(readLimits(bodyOf(request)))
      return control.status()
    })
    inner.post('/control/faults', async (request) => {
      control.addFaults(readFaults(request))
      return { faults: world.faults.pending }
    })
    inner.delete('/control/faults', async () => {
      control.clearFaults()
      return { faults: [] }
    })
    inner.post<Named>('/control/spoil/:id', async (request) => {
      const { set, drop } = bodyOf(request)
      control.spoil(request.params.id, {
        ...(isWire(set) ? { set } : {}),
        ...(Array.isArray(drop) ? { drop: drop.map(String) } : {}),
      })
      return { spoilt: world.spoilt.size }
    })
    inner.delete<Named>('/control/spoil/:id', async (request) => {
      control.spoil(request.params.id)
      return { spoilt: world.spoilt.size }
    })
    inner.post('/control/tokens/expire', async () => {
      control.expireTokens()
      return { expired: true }
    })
    inner.post('/control/clock', async (request) => {
      const ms = bodyOf(request).advanceMs
      if (typeof ms !== 'number' || ms < 0) throw new ControlRefused('Send {"advanceMs": <milliseconds>}.')
      control.advance(ms)
      return control.status()
    })
    inner.get('/control/webhooks', async () => webhooks.state())
    inner.post('/control/webhooks', async (request) => webhooks.subscribe(readSubscription(bodyOf(request))))
    inner.post('/control/consent', async (request) => {
      control.setAutoApprove(bodyOf(request).autoApprove === true)
      return control.status()
    })
    inner.post('/control/disconnect', async () => {
      control.disconnect()
      return control.status()
    })
  })
}

const LOOPBACK = /^(127\.|::1$|::ffff:127\.)/

function isLocal(request: FastifyRequest): boolean {
  const host = (request.headers.host ?? '').replace(/:\d+$/, '')
  // The host check stops pages elsewhere that point a name of theirs at this machine.
  if (!LOOPBACK.test(request.ip) || !['127.0.0.1', 'localhost', '[::1]'].includes(host)) return false
  const { origin } = request.headers
  return origin === undefined || origin === `http://${request.headers.host}`
}

/** Bodies are JSON text, whatever their content type; an empty one is an empty object. */
function bodyOf(request: FastifyRequest): Wire {
  const body = jsonOf(request)
  return isWire(body) ? body : {}
}

function jsonOf(request: FastifyRequest): unknown {
  if (typeof request.body !== 'string' || request.body === '') return {}
  try {
    return JSON.parse(request.body)
  } catch {
    throw new ControlRefused('The body is not valid JSON.')
  }
}

/** Sandboxes call nobody but this machine. */
function readSubscription(body: Wire): Subscription {
  const { url, key } = body
  const address = typeof url === 'string' && URL.canParse(url) ? new URL(url) : undefined
  const local = address?.protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(address.hostname)
  if (!address || !local || typeof key !== 'string' || key === '') {
    throw new ControlRefused(
      'Send {"url": "http://localhost:<port>/hooks/xero", "key": "…"}; other machines are not called.',
    )
  }
  const numbers = (['retryMs', 'giveUpMs', 'copies', 'answerMs'] as const).flatMap((name) => {
    const value = body[name]
    return typeof value === 'number' && value >= 0
      ? [[name, Math.min(value, name === 'copies' ? 100 : 86_400_000)]]
      : []
  })
  return { url: address.href, key, swapped: body.swapped === true, ...Object.fromEntries(numbers) }
}

function readLock(body: Wire) {
  const given = (['period', 'year'] as const).flatMap((name) => {
    const value = body[name]
    return value === null || typeof value === 'string' ? [[name, value || null] as const] : []
  })
  if (given.length === 0) throw new ControlRefused('Send {"period": "2026-10-31"} and/or {"year": null}.')
  return Object.fromEntries(given)
}

function readLimits(body: Wire): Partial<Limits> | 'off' {
  if (body.limits === 'off' || body.off === true) return 'off'
  const names = ['concurrent', 'perMinute', 'perDay', 'appPerMinute'] as const
  const given = names.flatMap((name) => {
    const value = body[name]
    return typeof value === 'number' && value >= 0 ? [[name, value] as const] : []
  })
  if (given.length === 0) throw new ControlRefused(`Send {"limits":"off"} or numbers for ${names.join(', ')}.`)
  return Object.fromEntries(given)
}

function readFaults(request: FastifyRequest): Fault[] {
  const body = jsonOf(request)
  const list = Array.isArray(body) ? body : isWire(body) && Array.isArray(body.faults) ? body.faults : [body]
  return list.map((one: unknown) => {
    const kind = isWire(one) ? FAULT_KINDS.find((known) => known === one.kind) : undefined
    if (!isWire(one) || !kind) throw new ControlRefused(`A fault needs a kind: ${FAULT_KINDS.join(', ')}.`)
    const match = isWire(one.match) ? one.match : {}
    return {
      kind,
      match: {
        ...(typeof match.method === 'string' ? { method: match.method } : {}),
        ...(typeof match.pathPrefix === 'string' ? { pathPrefix: match.pathPrefix } : {}),
      },
      ...(typeof one.times === 'number' ? { times: one.times } : {}),
      ...(typeof one.delayMs === 'number' ? { delayMs: one.delayMs } : {}),
    }
  })
}
