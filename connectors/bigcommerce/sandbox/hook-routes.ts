import type { FastifyInstance, FastifyRequest } from 'fastify'
import { onlyV3, paged, type Query } from './listing.ts'
import { Refused } from './refused.ts'
import type { Hook, Store } from './store.ts'

type Fields = { readonly [field: string]: unknown }
type Asked = { Querystring: Query; Params: { id: string }; Body: Fields | undefined }

/** Of one scope, for one client. */
const MOST_HOOKS = 10

/** Who asks is known by the token; hooks of others do not exist for it (reference/webhooks.v3). */
export function hookRoutes(app: FastifyInstance, store: Store): void {
  const clientOf = ({ headers }: Pick<FastifyRequest, 'headers'>) =>
    store.clients.get(String(headers['x-auth-token'])) ?? ''
  const hooksOf = (client: string) => [...store.hooks.values()].filter((hook) => hook.client === client)
  const hookOf = (request: Pick<FastifyRequest, 'headers'>, id: string): Hook => {
    const hook = store.hooks.get(Number(id))
    if (hook?.client !== clientOf(request)) throw new Refused(404, `Webhook with id [${id}] not found`)
    return hook
  }
  const one = (hook: Hook) => ({ data: wireHook(store, hook), meta: {} })
  const checkPlace = (client: string, scope: string, destination: string, self?: Hook) => {
    const others = hooksOf(client).filter((hook) => hook !== self && hook.scope === scope)
    if (others.some((hook) => hook.destination === destination)) {
      throw new Refused(409, 'A hook with this scope and destination exists already.')
    }
    if (others.length >= MOST_HOOKS) {
      throw new Refused(422, `There are ${MOST_HOOKS} hooks for this scope already.`, { scope: 'too many hooks' })
    }
  }

  app.get<Asked>('/v3/hooks', async (request) => {
    const { query } = request
    onlyV3(query, ['is_active', 'scope', 'destination'])
    const found = hooksOf(clientOf(request)).filter(
      ({ active, scope, destination }) =>
        (query.is_active === undefined || String(active) === query.is_active) &&
        (query.scope === undefined || scope === query.scope) &&
        (query.destination === undefined || destination === query.destination),
    )
    return paged(
      found.map((hook) => wireHook(store, hook)),
      query,
    )
  })
  app.get<Asked>('/v3/hooks/:id', async (request) => one(hookOf(request, request.params.id)))
  app.post<Asked>('/v3/hooks', async (request) => {
    const { body = {} } = request
    const [scope, destination] = [scopeOf(body.scope), destinationOf(body.destination)]
    const client = clientOf(request)
    checkPlace(client, scope, destination)
    const at = Math.floor(Date.now() / 1000)
    const hook: Hook = {
      ...{ id: store.nextId('hook'), client, scope, destination, madeAt: at, changedAt: at },
      ...{ active: body.is_active !== false, headers: headersOf(body.headers) },
    }
    store.hooks.set(hook.id, hook)
    return one(hook)
  })
  app.put<Asked>('/v3/hooks/:id', async (request) => {
    const { body = {} } = request
    const hook = hookOf(request, request.params.id)
    const scope = body.scope === undefined ? hook.scope : scopeOf(body.scope)
    const destination = body.destination === undefined ? hook.destination : destinationOf(body.destination)
    checkPlace(hook.client, scope, destination, hook)
    Object.assign(hook, { scope, destination, changedAt: Math.floor(Date.now() / 1000) })
    if (typeof body.is_active === 'boolean') hook.active = body.is_active
    if (body.headers !== undefined) hook.headers = headersOf(body.headers)
    return one(hook)
  })
  app.delete<Asked>('/v3/hooks/:id', async (request) => {
    const hook = hookOf(request, request.params.id)
    store.hooks.delete(hook.id)
    return one(hook)
  })
}

const INVALID = 'JSON data is missing or invalid'

function scopeOf(value: unknown): string {
  if (typeof value === 'string' && value.startsWith('store/')) return value
  throw new Refused(422, INVALID, { scope: 'error.path.missing.' })
}

/** The real one wants port 443; this one calls nobody but this machine. */
function destinationOf(value: unknown): string {
  if (typeof value !== 'string') throw new Refused(422, INVALID, { destination: 'error.path.missing.' })
  if (/^http:\/\/(127\.0\.0\.1|localhost):\d+\//.test(value)) return value
  throw new Refused(422, INVALID, { destination: 'The sandbox calls http://localhost:<port>/… only.' })
}

const headersOf = (value: unknown): { readonly [name: string]: string } =>
  Object.fromEntries(Object.entries(value ?? {}).map(([name, text]) => [name, String(text)]))

const wireHook = (store: Store, { id, client, scope, destination, headers, active, madeAt, changedAt }: Hook) => ({
  ...{ id, client_id: client, store_hash: store.hash, scope, destination, headers, is_active: active },
  ...{ created_at: madeAt, updated_at: changedAt },
})
