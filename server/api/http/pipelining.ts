import type { Socket } from 'node:net'
import type { Api } from './parts.ts'
import { ApiProblem } from './problems.ts'

/** Requests of one connection that may wait for their answers. Browsers and proxies send one at a time. */
const MOST_WAITING = 8

/**
 * Node hands on every request that stands in a piece of 64 kB, some 1,500, before it looks whether the other side takes the
 * answers: of one that reads none they would all be kept in memory. Beyond a few the connection is refused and closed.
 */
export function limitPipelining(api: Api): void {
  const waiting = new WeakMap<Socket, number>()
  api.addHook('onRequest', async (request, reply) => {
    const { socket } = request.raw
    const others = waiting.get(socket) ?? 0
    if (others >= MOST_WAITING) {
      reply.header('connection', 'close')
      throw new ApiProblem('RATE_LIMITED', 'Too many requests over one connection. Wait for their answers.', {
        retryAfterSeconds: 1,
      })
    }
    waiting.set(socket, others + 1)
    reply.raw.once('close', () => waiting.set(socket, (waiting.get(socket) ?? 1) - 1))
  })
}
