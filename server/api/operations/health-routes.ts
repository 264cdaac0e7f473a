import { sql } from 'kysely'
import { Alive, Health } from '../../contract/health.ts'
import { measureQueue } from '../../store/run/run-lists.ts'
import type { Api, AppParts } from '../http/parts.ts'
import { ApiProblem, outdated } from '../http/problems.ts'

export function healthRoutes(api: Api, parts: AppParts, version: string): void {
  const tags = ['health']

  api.get(
    '/health/live',
    {
      schema: { summary: 'The process answers', tags, response: { 200: Alive } },
      config: { permission: 'public' },
    },
    async () => ({ ok: true }),
  )

  api.get(
    '/health/ready',
    {
      schema: { summary: 'The process and its database answer', tags, response: { 200: Alive } },
      config: { permission: 'public' },
    },
    async () => {
      if (parts.outdated?.()) throw outdated()
      await sql`select 1`.execute(parts.system).catch((cause: unknown) => {
        throw new ApiProblem('NOT_READY', undefined, { cause })
      })
      return { ok: true }
    },
  )

  api.get(
    '/health',
    {
      schema: { summary: 'Versions, database, queue', tags, response: { 200: Health } },
      config: { permission: 'signed-in' },
    },
    async () => {
      const started = performance.now()
      const asked = await sql<{ version: string }>`select current_setting('server_version') as version`.execute(
        parts.system,
      )
      const answerMs = Math.round((performance.now() - started) * 10) / 10
      const queue = await measureQueue(parts.system)
      return {
        version,
        database: { ok: true, version: asked.rows[0]?.version ?? '', answerMs },
        queue: {
          queued: queue.queued,
          running: queue.running,
          waiting: queue.waiting,
          oldestQueuedSeconds: queue.oldest_seconds,
          workers: queue.workers,
        },
      }
    },
  )
}
