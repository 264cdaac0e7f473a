import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyRequest } from 'fastify'
import { API, APP_PAGES } from '../contract/paths.ts'
import { sendProblem } from './http/error-answers.ts'
import { noHook } from './hook/hook-intake-routes.ts'
import type { Api } from './http/parts.ts'
import { ApiProblem } from './http/problems.ts'

/**
 * Serves the built web app as it lies there at the time: its files, and its one page for every address that people can
 * have in their address bar. What it shows comes from the API, so anybody may have it.
 */
export async function serveWebApp(api: Api, root: string | undefined): Promise<void> {
  const page = root === undefined ? undefined : () => readFile(join(root, 'index.html')).catch(() => undefined)
  if (root !== undefined) {
    await api.register(async (scope) => {
      scope.addHook('onRoute', (route) => {
        route.config = { ...route.config, permission: 'public' }
        route.schema = { ...route.schema, hide: true }
      })
      // Files under assets/ have a hash in their name. They are looked for when they are asked for: a new build makes new
      // names, and its page is served from then on.
      await scope.register(fastifyStatic, {
        ...{ root: join(root, 'assets'), prefix: '/assets/', index: false, dotfiles: 'ignore', cacheControl: false },
        setHeaders: (reply) => reply.header('cache-control', 'public, max-age=31536000, immutable'),
      })
      await scope.register(fastifyStatic, {
        ...{
          root,
          wildcard: false,
          globIgnore: ['assets/**'],
          index: false,
          decorateReply: false,
          cacheControl: false,
        },
        setHeaders: (reply) => reply.header('cache-control', 'no-cache'),
      })
    })
  }
  api.setNotFoundHandler(async (request, reply) => {
    const [path = ''] = request.url.split('?')
    // Every miss of a hook is answered alike.
    if (/^\/hooks\//i.test(path)) return sendProblem(request, reply, noHook())
    const status = page === undefined ? undefined : statusOfPage(request, path)
    if (status !== undefined) {
      const built = await page?.()
      reply.header('cache-control', 'no-cache').type('text/html; charset=utf-8')
      return built ? reply.code(status).send(built) : reply.code(503).header('retry-after', '5').send(BEING_BUILT)
    }
    return sendProblem(request, reply, new ApiProblem('NOT_FOUND', nothingAt(request.method, path)))
  })
}

const BEING_BUILT = `<!doctype html><html lang="en"><title>Tieline</title>
<p>The web app is being built anew. Load this page again in a moment. Runs go on meanwhile.</p></html>
`

/**
 * With which status an address gets the page; undefined: it gets none. What is no page of the web app is shown as such to
 * people only: a machine that looks for something else would take a 200 for it.
 */
function statusOfPage({ method, headers: { accept = '*/*' } }: FastifyRequest, path: string): 200 | 404 | undefined {
  if (method !== 'GET' && method !== 'HEAD') return undefined
  const [, first = '', ...more] = path.split('/')
  // `//` and `*` are not the start page.
  if (!path.startsWith('/') || (first === '' && more.length > 0)) return undefined
  if (first === 'api' || /\.[a-z0-9]+$/i.test(path)) return undefined
  if (APP_PAGES.includes(first)) return /text\/html|\*\/\*|text\/\*/i.test(accept) ? 200 : undefined
  return MACHINES.has(first) || !/text\/html/i.test(accept) ? undefined : 404
}

const HEALTH = `Whether the process answers is at ${API}/health/live, whether its database does at ${API}/health/ready.`
/** What machines look for at the root of other products, and where it is here. */
const MACHINES: ReadonlyMap<string, string> = new Map([
  ['metrics', `Measures are at ${API}/metrics where METRICS_TOKEN is set.`],
  ...['health', 'healthz', 'live', 'livez', 'ready', 'readyz', 'ping', 'status'].map((name) => [name, HEALTH] as const),
])

function nothingAt(method: string, path: string): string {
  const [, first = ''] = path.split('/')
  const instead = first === 'api' && !path.startsWith(`${API}/`) ? `The API is under ${API}.` : MACHINES.get(first)
  return `There is nothing at ${method} ${path.slice(0, 200)}.${instead === undefined ? '' : ` ${instead}`}`
}
