import type { FastifyRequest } from 'fastify'
import type { AppParts } from './parts.ts'
import { ApiProblem } from './problems.ts'

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A page of another site sends the browser here by design, as the last step of a sign-in there. */
    fromOtherSites?: true
  }
}

/**
 * Cookies travel with requests that other sites make, so a change is taken only from our own pages. Browsers tell where
 * a request comes from by `Sec-Fetch-Site` (https and localhost) and `Origin`. `when-told`: no cookie is at stake; other
 * programs, which tell neither, are welcome.
 *
 * What only reads is refused with a cookie if the browser says that another site asks: that site could not read the
 * answer, but tell by its time or size what is there, and keep streams and exports of ours busy.
 */
export function refuseOtherSites(
  request: FastifyRequest,
  config: AppParts['config'],
  strictness: 'always' | 'when-told',
): void {
  const site = request.headers['sec-fetch-site']
  const { origin } = request.headers
  if (SAFE.has(request.method)) {
    if (strictness === 'when-told' || request.routeOptions.config.fromOtherSites) return
    const foreign = site === 'cross-site' || site === 'same-site'
    if (foreign || (origin !== undefined && !isOurs(origin, request, config))) throw new ApiProblem('ORIGIN_REFUSED')
    return
  }
  if (site === undefined && origin === undefined) {
    if (strictness === 'when-told') return
    throw new ApiProblem(
      'ORIGIN_REFUSED',
      'A session may change things only from a browser. Programs use an API token.',
    )
  }
  const ours = origin === undefined || isOurs(origin, request, config)
  const sameSite = site === undefined || site === 'same-origin'
  if (!ours || !sameSite) throw new ApiProblem('ORIGIN_REFUSED')
}

function isOurs(origin: string, request: FastifyRequest, config: AppParts['config']): boolean {
  if (config.publicUrl !== undefined) return origin === config.publicUrl
  const { host } = request.headers
  return host !== undefined && (origin === `http://${host}` || origin === `https://${host}`)
}
