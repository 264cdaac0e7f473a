import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import { API } from '../contract/paths.ts'
import { sendProblem } from './http/error-answers.ts'
import { noHook } from './hook/hook-intake-routes.ts'
import type { Api } from './http/parts.ts'
import { ApiProblem } from './http/problems.ts'

/**
 * Serves the built web app: its files, and its one page for every address that people can have in their address bar.
 * What it shows comes from the API, so anybody may have it.
 */
export async function serveWebApp(api: Api, root: string | undefined): Promise<void> {
  const page = root === undefined ? undefined : readFileSync(join(root, 'index.html'))
  if (root !== undefined) {
    await api.register(async (scope) => {
      scope.addHook('onRoute', (route) => {
        route.config = { ...route.config, permission: 'public' }
        route.schema = { ...route.schema, hide: true }
      })
      // Files under assets/ have a hash in their name; a new build makes new names.
      await scope.register(fastifyStatic, {
        root,
        wildcard: false,
        setHeaders: (reply, path) => {
          reply.header('cache-control', path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache')
        },
      })
    })
  }
  api.setNotFoundHandler((request, reply) => {
    const [path = ''] = request.url.split('?')
    // Every miss of a hook is answered alike.
    if (/^\/hooks\//i.test(path)) return sendProblem(request, reply, noHook())
    const isPage = request.method === 'GET' && !path.startsWith(`${API}/`) && !/\.[a-z0-9]+$/i.test(path)
    if (page !== undefined && isPage) {
      return reply.header('cache-control', 'no-cache').type('text/html; charset=utf-8').send(page)
    }
    return sendProblem(
      request,
      reply,
      new ApiProblem('NOT_FOUND', `There is nothing at ${request.method} ${path.slice(0, 200)}.`),
    )
  })
}
