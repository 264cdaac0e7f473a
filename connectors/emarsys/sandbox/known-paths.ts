import type { FastifyInstance } from 'fastify'

/** Learns the paths of the Core API from the routes that follow; answers whether one is served under any method. */
export const knownPaths = (app: FastifyInstance): ((path: string) => boolean) => {
  const shapes = new Map<string, RegExp>()
  app.addHook('onRoute', ({ url }) => {
    if (!url.startsWith('/api/v')) return
    const shape = url
      .replace(/[.+?^$()|[\]\\]/g, '\\$&')
      .replace(/:\w+/g, '[^/]+')
      .replace(/\*$/, '.*')
    shapes.set(url, new RegExp(`^${shape}/?$`))
  })
  return (path) => [...shapes.values()].some((shape) => shape.test(path))
}
