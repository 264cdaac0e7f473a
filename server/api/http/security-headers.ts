import type { Api } from './parts.ts'

// Styles may be inline: the component library and the API's page set them on elements. Scripts may not, anywhere.
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=()',
}

/**
 * On every answer, errors too. No CORS: other sites have no business here. Nothing is kept by browsers and proxies unless
 * the files of the web app say so: answers hold data of one person's session, however their address was written.
 */
export function sendSecurityHeaders(api: Api): void {
  api.addHook('onRequest', async (_request, reply) => {
    reply.headers(HEADERS)
  })
}
