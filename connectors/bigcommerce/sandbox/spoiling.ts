import type { FastifyInstance } from 'fastify'
import type { Store } from './store.ts'

/** How a record comes otherwise than BigCommerce says its records are. */
export type Spoilt = { readonly set?: { readonly [field: string]: unknown }; readonly drop?: readonly string[] }

/** What a path answers with, for the names of what is spoilt: `order 104`, `refund 3`, `customer 7`. */
const KINDS: readonly (readonly [RegExp, string])[] = [
  [/\/refunds\b/, 'refund'],
  [/\/transactions\b/, 'transaction'],
  [/\/v2\/orders\/\d+\/products\b/, 'line'],
  [/\/v2\/orders(\/\d+)?(\?|$)/, 'order'],
  [/\/v3\/customers\/subscribers\b/, 'subscriber'],
  [/\/v3\/customers(\?|$)/, 'customer'],
]

/** Spoils records as they leave; the store stays as it is. */
export function spoilHooks(app: FastifyInstance, store: Store): void {
  app.addHook('onSend', async (request, reply, payload) => {
    if (store.spoilt.size === 0 || typeof payload !== 'string' || reply.statusCode !== 200) return payload
    const kind = KINDS.find(([path]) => path.test(request.url))?.[1]
    if (kind === undefined) return payload
    const answer = JSON.parse(payload)
    for (const record of [answer.data ?? answer].flat()) {
      const spoilt = store.spoilt.get(`${kind} ${record.id}`)
      Object.assign(record, spoilt?.set)
      for (const field of spoilt?.drop ?? []) delete record[field]
    }
    reply.removeHeader('content-length')
    return JSON.stringify(answer)
  })
}
