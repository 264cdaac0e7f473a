import { Readable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Account } from './account.ts'
import { forbidden, tooMany } from './auth.ts'
import { ApiFailure } from './envelope.ts'
import type { Fault } from './faults.ts'

declare module 'fastify' {
  interface FastifyRequest {
    fault: Fault | undefined
  }
}

const PAGE =
  '<!DOCTYPE html><html><head><title>Service notice</title></head><body><h1>Please try again later</h1></body></html>'

const DAY_MS = 86_400_000

// Unreferenced, so that a long wait never keeps a process alive whose server is closed.
const wait = (milliseconds: number): Promise<void> => setTimeout(milliseconds, undefined, { ref: false })

/** Cuts the connection without an answer, as a proxy that dies does. */
const cut = (request: FastifyRequest, reply: FastifyReply): void => {
  reply.hijack()
  request.raw.socket.resetAndDestroy()
}

const before = (fault: Fault, request: FastifyRequest, reply: FastifyReply): void => {
  switch (fault.kind) {
    case '401':
      throw new ApiFailure(401, 1, 'Unauthorized')
    case '403':
      throw forbidden()
    case '423':
      throw new ApiFailure(423, 10003, 'Another run by the same user is active')
    case '429':
      reply.header('X-RateLimit-Remaining', 0)
      throw tooMany(request.url)
    case '500-before':
      throw new ApiFailure(500, 1, 'Internal error')
    case '503':
      throw new ApiFailure(503, 1, 'Service unavailable')
    case 'reset-before':
      cut(request, reply)
  }
}

const asText = (payload: unknown): string =>
  typeof payload === 'string' ? payload : Buffer.isBuffer(payload) ? payload.toString('utf8') : ''

/** Twenty pieces spread over the time given. */
async function* drip(text: string, overMs: number): AsyncGenerator<string> {
  const size = Math.max(1, Math.ceil(text.length / 20))
  for (let at = 0; at < text.length; at += size) {
    await wait(overMs / 20)
    yield text.slice(at, at + size)
  }
}

const after = async (
  fault: Fault,
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
): Promise<unknown> => {
  switch (fault.kind) {
    case 'reset-after':
      request.raw.socket.resetAndDestroy()
      return payload
    case '500-after':
      reply.code(500)
      return JSON.stringify({ replyCode: 1, replyText: 'Internal error', data: '' })
    case 'html':
      reply.header('content-type', 'text/html; charset=utf-8')
      return PAGE
    case 'malformed-json': {
      const text = asText(payload)
      return text.slice(0, Math.max(1, Math.floor(text.length / 2)))
    }
    case 'timeout':
      // Longer than any client waits; the connection ends with the client or the server.
      await wait(DAY_MS)
      return payload
    case 'slow':
      await wait(fault.delayMs ?? 1000)
      return payload
    case 'drip':
      reply.removeHeader('content-length')
      return Readable.from(drip(asText(payload), fault.delayMs ?? 1000))
    default:
      return payload
  }
}

/** Applies the latency and the faults of the account to every call but those of the control page. */
export const misbehave = (app: FastifyInstance, account: Account): void => {
  app.decorateRequest('fault', undefined)
  app.addHook('onRequest', async (request, reply) => {
    if (account.options.latencyMs > 0) await wait(account.options.latencyMs)
    const fault = account.faults.take(request.method, request.url.split('?')[0] ?? '')
    request.fault = fault
    // The answer of work that goes on, of segments as of exports and queries.
    if (fault?.kind === '202')
      return reply.code(202).send({ replyCode: 10001, replyText: 'The work is not finished yet', data: '' })
    if (fault !== undefined) before(fault, request, reply)
  })
  app.addHook('onSend', async (request, reply, payload) => {
    const { fault } = request
    return fault === undefined ? payload : after(fault, request, reply, payload)
  })
}
