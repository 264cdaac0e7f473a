import { existsSync } from 'node:fs'
import { join } from 'node:path'
import staticFiles from '@fastify/static'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { answersOf } from './answers.ts'
import { type Params, Refusal, type Route } from './route.ts'
import { isLike } from './checked.ts'
import { REFUSAL } from './refusal.ts'
import type { Scene } from './scene.ts'

export const BLANK = '/blank'
const DIST = join(import.meta.dirname, '../../../editor/dist')

// As strict as the product's (server/api/http/security-headers.ts): a page that needs more must fail here too.
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  // Beyond the product's: what a browser blocks is told of by itself, also where the page could not hear it.
  'report-uri /policy-reports',
].join('; ')

export type Stage = {
  readonly address: string
  scene: Scene
  /** Plays this scene from the next page that is loaded on: what the page before still asks is answered as it was. */
  next(scene: Scene): void
  /** Changes what is answered before it is checked and sent; the scene stays as it is. */
  spoil?: (schema: TSchema, answer: unknown) => unknown
  /** Bodies of the changes that were asked for, as `POST /…`. */
  readonly asked: { readonly call: string; readonly body: unknown }[]
  /** What browsers have told of what they blocked. */
  readonly reports: string[]
  /** Lets the requests go that `scene.hold` holds back. */
  release(): void
  close(): Promise<void>
}

/**
 * Serves the built web app and plays the API from a scene. Requests and answers are checked by the contract's schemas,
 * so that neither the app nor the scene can drift from it.
 */
export async function openStage(scene: Scene): Promise<Stage> {
  if (!existsSync(join(DIST, 'index.html'))) throw new Error('The web app is not built: run `npm run prepare` first.')
  const app = fastify()
  const asked: Stage['asked'] = []
  const reports: string[] = []
  let upcoming: Scene | undefined
  let waiting: (() => void)[] = []
  const stage: Stage = {
    address: '',
    scene,
    asked,
    reports,
    next: (after) => {
      upcoming = after
    },
    release: () => {
      stage.scene.hold = []
      for (const go of waiting) go()
      waiting = []
    },
    close: async () => {
      stage.release()
      await app.close()
    },
  }
  app.addHook('onRequest', async (request, reply) => {
    if (request.headers['sec-fetch-dest'] === 'document' && request.url !== BLANK) {
      stage.scene = upcoming ?? stage.scene
      upcoming = undefined
    }
    reply.header('content-security-policy', POLICY)
    if (stage.scene.hold.some((path) => request.url.includes(path))) await new Promise<void>((go) => waiting.push(go))
  })
  app.addContentTypeParser('application/octet-stream', { parseAs: 'string' }, (_request, body, done) =>
    done(null, body),
  )
  app.addContentTypeParser('application/csp-report', { parseAs: 'string' }, (_request, body, done) => done(null, body))
  app.post('/policy-reports', (request, reply) => {
    reports.push(String(request.body))
    return reply.code(204).send()
  })
  await app.register(staticFiles, {
    root: DIST,
    wildcard: false,
    // As the product (server/api/web-app.ts): a profile that was here before loads and compiles the app no second time.
    cacheControl: false,
    setHeaders: (reply, path) => {
      reply.header('cache-control', path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache')
    },
  })
  // Where a page waits that shows nothing, and what the browser keeps for the app can be emptied.
  app.get(BLANK, (_request, reply) => reply.type('text/html').send('<title>Nothing</title>'))
  app.setNotFoundHandler((request, reply) =>
    request.url.startsWith('/api/')
      ? refuse(reply, 404, 'NOT_FOUND', 'Not found', `No route ${request.url}.`)
      : reply.sendFile('index.html'),
  )
  for (const route of answersOf()) addRoute(app, route, stage)
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  return Object.assign(stage, { address })
}

function addRoute(app: FastifyInstance, route: Route, stage: Stage): void {
  app.route({
    method: route.method,
    url: `/api/v1${route.path}`,
    handler: async (request: FastifyRequest, reply) => {
      const { scene } = stage
      if (request.method !== 'GET') stage.asked.push({ call: `${request.method} ${request.url}`, body: request.body })
      const isPublic =
        route.path.startsWith('/invitations/') ||
        ['/session', '/session/ways', '/setup', '/password', '/password/forgotten'].includes(route.path)
      if (!scene.signedIn && !isPublic) return refuse(reply, 401, 'SIGN_IN_NEEDED', 'Sign in', 'No session.')
      // `…$`: that address alone, not those below it.
      const fits = (path: string) =>
        path.endsWith('$') ? request.url.endsWith(path.slice(0, -1)) : request.url.includes(path)
      const refused = scene.refuse.find(
        (one) => fits(one.path) && (one.method === undefined || one.method === request.method),
      )
      if (refused) {
        const { title, detail } = refused
        // What the server says of a refusal may hold the words of a remote too.
        const said = (stage.spoil?.(REFUSAL, { title, detail }) ?? refused) as typeof refused
        return refuse(reply, refused.status, refused.code, said.title, said.detail, refused.problems)
      }
      if (route.body) insist(route.body, request.body, `The body of ${request.method} ${request.url}`)
      if (route.query)
        insist(route.query, Value.Convert(route.query, { ...(request.query as object) }), `The query of ${request.url}`)
      const answer = route.answer(scene, {
        params: request.params as Params, // Fastify's params are texts by name
        query: request.query as Params,
        body: request.body as never, // checked above by the route's schema
      })
      if (answer instanceof Refusal) return refuse(reply, answer.status, answer.code, answer.title, answer.detail)
      if (route.schema === undefined) return reply.code(204).send()
      const sent = stage.spoil?.(route.schema, answer) ?? answer
      insist(route.schema, sent, `The answer to ${request.method} ${request.url}`)
      return reply.send(sent)
    },
  })
}

function insist(schema: TSchema, value: unknown, what: string): void {
  if (isLike(schema, value)) return
  const faults = [...Value.Errors(schema, value)].slice(0, 5).map((fault) => `${fault.instancePath}: ${fault.message}`)
  throw new Error(`${what} is not what the contract says. ${faults.join('; ')}`)
}

const refuse = (
  reply: FastifyReply,
  status: number,
  code: string,
  title: string,
  detail: string,
  problems?: readonly object[],
): FastifyReply =>
  reply
    .code(status)
    .type('application/problem+json')
    .send({ type: `/docs/problems#${code}`, title, status, code, detail, requestId: 'req-7f3a91', problems })
