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
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=()',
}

/** On every answer, errors too. No CORS: other sites have no business here. */
export function sendSecurityHeaders(api: Api, prefix: string): void {
  api.addHook('onRequest', async (request, reply) => {
    reply.headers(HEADERS)
    // Answers hold data of one person's session.
    if (request.url.startsWith(prefix)) reply.header('cache-control', 'no-store')
  })
}
