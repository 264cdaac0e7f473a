import type { Api } from './parts.ts'
import { ApiProblem } from './problems.ts'

/**
 * Turns away what a proxy in front could read otherwise than it is read here (RFC 9112, 3.2: a host that stands twice),
 * and bodies that are packed: nothing here unpacks them, and as they are they would be taken for what they are not, a
 * file that is uploaded even kept.
 */
export function takePlainRequests(api: Api): void {
  api.addHook('onRequest', async ({ raw: { rawHeaders } }, reply) => {
    let hosts = 0
    for (let at = 0; at < rawHeaders.length; at += 2) if (rawHeaders[at]?.toLowerCase() === 'host') hosts++
    if (hosts < 2) return
    reply.header('connection', 'close')
    throw new ApiProblem('REQUEST_INVALID', 'The header `host` stands there twice.')
  })
  // Not before it is known who may send here, nor where there is nothing.
  api.addHook('preParsing', async ({ headers, is404 }, reply) => {
    const packed = headers['content-encoding'] ?? 'identity'
    if (is404 || packed.trim().toLowerCase() === 'identity') return
    reply.header('accept-encoding', 'identity')
    throw new ApiProblem('BODY_PACKED')
  })
}
