import type { FastifyInstance } from 'fastify'
import { isWire } from './input.ts'
import type { Wire } from './wire.ts'
import type { World } from './world.ts'

/** How a record comes otherwise than Xero says its records are. */
export type Spoilt = { readonly set?: Wire; readonly drop?: readonly string[] }

/** Spoils records as they leave, in every answer that lists them; the books stay as they are. */
export function spoilHooks(app: FastifyInstance, world: World): void {
  app.addHook('onSend', async (request, reply, payload) => {
    if (world.spoilt.size === 0 || typeof payload !== 'string' || request.url.startsWith('/control')) return payload
    if (reply.statusCode !== 200 || !String(reply.getHeader('content-type')).includes('json')) return payload
    const answer: unknown = JSON.parse(payload)
    if (!isWire(answer)) return payload
    for (const list of Object.values(answer)) {
      if (!Array.isArray(list)) continue
      for (const record of list.filter(isWire)) spoil(world, record)
    }
    reply.removeHeader('content-length')
    return JSON.stringify(answer)
  })
}

function spoil(world: World, record: Wire): void {
  const [id] =
    Object.entries(record).find(([field, value]) => field.endsWith('ID') && world.spoilt.has(String(value))) ?? []
  const spoilt = id === undefined ? undefined : world.spoilt.get(String(record[id]))
  if (!spoilt) return
  Object.assign(record, spoilt.set)
  for (const field of spoilt.drop ?? []) delete record[field]
}
