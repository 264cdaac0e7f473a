import type { FastifyRequest } from 'fastify'

/** Somebody's browser that is sent here by another site: what it gets is what a person sees. Programs get problems. */
export const asksForPage = ({ headers }: Pick<FastifyRequest, 'headers'>): boolean =>
  headers.accept?.includes('text/html') === true
