import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Answer, refusal } from './answers.ts'
import type { Fault, FaultKind } from './faults.ts'
import { send } from './sending.ts'
import { noteRequest, type World } from './world.ts'

const PLAIN = 'text/plain; charset=utf-8'
/** The three texts of a 503: one organisation, all of Xero by plan, all of Xero otherwise. */
const OFFLINE = {
  '503-offline': 'The Organisation is offline',
  '503-maintenance': 'The Xero API is offline for maintenance',
  '503-unavailable': 'The Xero API is temporarily unavailable',
} as const
const UNHANDLED: Answer = { status: 500, type: PLAIN, body: 'An unhandled error with the Xero API occurred.' }

/** Applies the asked-for faults around every answer except the control page's. */
export function faultHooks(app: FastifyInstance, world: World): void {
  const active = new WeakMap<FastifyRequest, Fault>()
  // An answer that is cut off is never reported as sent, so it is counted here.
  const cut = (request: FastifyRequest, kind: FaultKind): void => {
    noteRequest(world, request, 0, kind)
    request.raw.socket.destroy()
  }

  app.addHook('preHandler', async (request, reply) => {
    const path = request.url.split('?')[0] ?? ''
    if (path.startsWith('/control')) return
    const fault = world.faults.take(request.method, path)
    if (!fault) return
    active.set(request, fault)
    if (fault.kind === 'reset') {
      cut(request, 'reset')
      reply.hijack()
      return reply
    }
    const answer = instead(fault)
    if (answer) return send(reply, answer)
  })

  app.addHook('onSend', async (request, reply, payload) => {
    const fault = active.get(request)
    if (!fault) return payload
    const text = typeof payload === 'string' ? payload : ''
    switch (fault.kind) {
      case 'slow':
        await sleep(fault.delayMs ?? 1000)
        return payload
      case 'drip':
        reply.removeHeader('content-length')
        return Readable.from(drops(text, fault.delayMs ?? 50))
      case '500-after':
        reply.code(UNHANDLED.status).type(UNHANDLED.type).removeHeader('content-length')
        return UNHANDLED.body
      case 'reset-after':
        cut(request, 'reset-after')
        return payload
      case 'malformed-json':
        reply.removeHeader('content-length')
        // Where there is no text to break, a broken one comes instead of none.
        if (text === '') reply.code(200)
        return text === '' ? '{"Id":' : text.slice(0, Math.floor(text.length / 2))
      default:
        return payload
    }
  })
  reportFaults(app, active)
}

/** The answer of a fault that does no work. */
function instead(fault: Fault): Answer | undefined {
  const limit = (problem: string, retryAfter?: number): Answer => ({
    status: 429,
    type: '',
    body: '',
    headers: {
      'x-rate-limit-problem': problem,
      ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
      ...(problem === 'minute' ? { 'x-minlimit-remaining': '0' } : {}),
      ...(problem === 'day' ? { 'x-daylimit-remaining': '0' } : {}),
      ...(problem === 'appminute' ? { 'x-appminlimit-remaining': '0' } : {}),
    },
  })
  const seconds = Math.ceil((fault.delayMs ?? 1000) / 1000)
  switch (fault.kind) {
    case '429-minute':
      return limit('minute', seconds)
    case '429-day':
      return limit('day', fault.delayMs === undefined ? 43_200 : seconds)
    case '429-concurrent':
      return limit('concurrent')
    case '429-appminute':
      return limit('appminute', seconds)
    case '503-offline':
    case '503-maintenance':
    case '503-unavailable':
      return { status: 503, type: PLAIN, body: OFFLINE[fault.kind] }
    case '500-before':
      return UNHANDLED
    case 'html-200':
      return {
        status: 200,
        type: 'text/html; charset=utf-8',
        body: '<html><body><h1>We will be back soon</h1></body></html>',
      }
    case 'expired-token':
      return refusal(401, 'TokenExpired: token expired at 01/01/2026 00:00:00')
    case 'forbidden':
      return refusal(403, 'AuthenticationUnsuccessful')
    default:
      return undefined
  }
}

/** Names the fault in the answer's trace header, so that a log of a strange run explains itself. */
function reportFaults(app: FastifyInstance, active: WeakMap<FastifyRequest, Fault>): void {
  app.addHook('onSend', async (request: FastifyRequest, reply: FastifyReply, payload) => {
    const fault = active.get(request)
    if (fault) reply.header('x-sandbox-fault', fault.kind)
    return payload
  })
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Sixteen bits at a time would be honest torture; twenty pieces show the same. */
async function* drops(text: string, delayMs: number): AsyncGenerator<string> {
  const size = Math.max(1, Math.ceil(text.length / 20))
  for (let at = 0; at < text.length; at += size) {
    yield text.slice(at, at + size)
    await sleep(delayMs)
  }
}
