import type { FastifyRequest } from 'fastify'
import type { AppParts } from './parts.ts'
import { ApiProblem } from './problems.ts'

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Cookies travel with requests that other sites make, so a change is taken only from our own pages. Browsers tell where
 * a request comes from by `Sec-Fetch-Site` (https and localhost) and `Origin`. `when-told`: no cookie is at stake; other
 * programs, which tell neither, are welcome.
 */
export function refuseOtherSites(
  request: FastifyRequest,
  config: AppParts['config'],
  strictness: 'always' | 'when-told',
): void {
  if (SAFE.has(request.method)) return
  const site = request.headers['sec-fetch-site']
  const { origin } = request.headers
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
