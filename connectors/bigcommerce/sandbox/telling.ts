import { createHash, createHmac, randomUUID } from 'node:crypto'
import type { Hook, Store } from './store.ts'

/** Waits before the tries after the first, in seconds, as documented. After the last the hook is switched off. */
const RETRY_S = [60, 180, 300, 600, 900, 1800, 3600, 7200, 21_600, 50_400, 86_400]

export type Telling = {
  /** Tells all hooks of a scope. */
  tell(scope: string, data: { readonly [field: string]: unknown }): void
  /** Settles when nothing is on its way any more. What waits for another to be swapped with goes by itself. */
  quiet(): Promise<void>
  close(): void
}

/** What BigCommerce tells by itself: ids only, at least once, with the headers the hook was made with. */
export function createTelling(store: Store): Telling {
  const stopped = new AbortController()
  const under = new Set<Promise<void>>()
  let held: (() => Promise<void>) | undefined

  async function deliver(hook: Hook, body: string): Promise<void> {
    // The same for every try of a delivery, after Standard Webhooks.
    const id = randomUUID()
    for (const wait of [0, ...RETRY_S]) {
      await new Promise((resolve) => setTimeout(resolve, wait * 1000 * store.delivery.pace).unref())
      if (stopped.signal.aborted || store.hooks.get(hook.id) !== hook || !hook.active) return
      const at = Math.floor(Date.now() / 1000)
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
      await answer?.arrayBuffer().catch(() => undefined)
      if (answer?.ok) return
    }
    hook.active = false
  }

  function start(work: () => Promise<void>): void {
    const running = work().finally(() => under.delete(running))
    under.add(running)
  }

  function send(hook: Hook, body: string): void {
    const work = async () => {
      for (let copy = 0; copy < store.delivery.copies; copy++) await deliver(hook, body)
    }
    if (!store.delivery.swapped) {
      start(work)
      return
    }
    const earlier = held
    held = earlier ? undefined : work
    if (earlier) start(() => work().then(earlier))
  }

  return {
    tell(scope, data) {
      const hooks = [...store.hooks.values()].filter((hook) => hook.scope === scope && hook.active)
      if (hooks.length === 0) return
      const created = Math.floor(store.now() / 1000)
      const hash = createHash('sha1')
        .update(JSON.stringify([scope, data, created]))
        .digest('hex')
      const told = { scope, store_id: '100777', data, hash, created_at: created, producer: `stores/${store.hash}` }
      for (const hook of hooks) send(hook, JSON.stringify(told))
    },
    async quiet() {
      if (held) start(held)
      held = undefined
      await Promise.all(under)
    },
    close: () => stopped.abort(),
  }
}
