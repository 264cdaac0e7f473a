import type { Socket } from 'node:net'
import type { Api } from './parts.ts'

/** How long somebody who has begun a request may take to its last header once the process is stopping, in milliseconds. */
const PATIENCE_MS = 2_000
const LOOK_MS = 100

/**
 * A stop closes connections that are idle and hears requests out. Node takes one on which nothing has ever been asked
 * for a request under way, as browsers keep them ready, and it would hold up the stop to its end: it is hung up.
 */
export function hangUp(api: Api): void {
  const silent = new Set<Socket>()
  let stopping: NodeJS.Timeout | undefined
  api.server.on('connection', (socket) => {
    silent.add(socket)
    socket.once('close', () => silent.delete(socket))
  })
  // Its headers are there: from here on Node knows whether it is idle.
  api.server.on('request', (request) => silent.delete(request.socket))
  api.addHook('preClose', async () => {
    const until = performance.now() + PATIENCE_MS
    stopping = setInterval(() => {
      const late = performance.now() > until
      for (const socket of silent) if (late || socket.bytesRead === 0) socket.destroy()
    }, LOOK_MS)
  })
  api.addHook('onClose', async () => clearInterval(stopping))
}
