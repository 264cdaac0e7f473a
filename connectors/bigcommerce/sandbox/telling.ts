import { createHash, createHmac, randomUUID } from 'node:crypto'
import type { Hook, Store } from './store.ts'

/** Waits between tries; the real ones are 1 minute to a day. After the last the hook is switched off. */
const RETRY_MS = [200, 500, 1000, 2000]

export type Telling = {
  /** Tells all hooks of a scope. */
  tell(scope: string, data: { readonly [field: string]: unknown }): void
  /** Settles when nothing is on its way any more. */
  quiet(): Promise<void>
  close(): void
}

/** What BigCommerce tells by itself: ids only, at least once, with the headers the hook was made with. */
export function createTelling(store: Store): Telling {
  const stopped = new AbortController()
  const under = new Set<Promise<void>>()

  async function deliver(hook: Hook, body: string): Promise<void> {
    for (const wait of [0, ...RETRY_MS]) {
      await new Promise((resolve) => setTimeout(resolve, wait).unref())
      if (stopped.signal.aborted || !store.hooks.has(hook.id)) return
      const [id, at] = [randomUUID(), Math.floor(Date.now() / 1000)]
      const secret = Buffer.from(store.clientSecret)
      const signature = createHmac('sha256', secret).update(`${id}.${at}.${body}`).digest('base64')
      const answer = await fetch(hook.destination, {
        method: 'POST',
        headers: {
          ...hook.headers,
          ...{ 'content-type': 'application/json', 'webhook-id': id, 'webhook-timestamp': String(at) },
          'webhook-signature': `v1,${signature}`,
        },
        body,
        signal: stopped.signal,
      }).catch(() => undefined)
      if (answer?.ok) return
    }
    hook.active = false
  }

  return {
    tell(scope, data) {
      for (const hook of store.hooks.values()) {
        if (hook.scope !== scope || !hook.active) continue
        const created = Math.floor(store.now() / 1000)
        const hash = createHash('sha1')
          .update(JSON.stringify([scope, data, created]))
          .digest('hex')
        const told = { scope, store_id: '100777', data, hash, created_at: created, producer: `stores/${store.hash}` }
        const work = deliver(hook, JSON.stringify(told)).finally(() => under.delete(work))
        under.add(work)
      }
    },
    async quiet() {
      await Promise.all(under)
    },
    close: () => stopped.abort(),
  }
}
