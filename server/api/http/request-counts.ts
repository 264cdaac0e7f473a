import type { Api } from './parts.ts'

export type RequestCount = {
  readonly route: string
  readonly method: string
  readonly status: string
  count: number
  seconds: number
}

/** Counts answers of this process by route, never by address: those hold ids. */
export function countRequests(api: Api): ReadonlyMap<string, RequestCount> {
  const counts = new Map<string, RequestCount>()
  api.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none'
    const status = `${Math.floor(reply.statusCode / 100)}xx`
    const key = `${request.method} ${route} ${status}`
    const one = counts.get(key) ?? { route, method: request.method, status, count: 0, seconds: 0 }
    one.count += 1
    one.seconds += reply.elapsedTime / 1000
    counts.set(key, one)
  })
  return counts
}
