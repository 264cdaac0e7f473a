import { randomUUID } from 'node:crypto'
import { post } from './post.ts'

/**
 * The webhook node of an automation program: a POST of up to 20 fields with a header that the account's preset adds. It
 * signs nothing.
 */
export type WebhookNode = {
  readonly url: string
  readonly header: string
  readonly token: string
  /** Fields beside those that the node adds by itself. */
  readonly fields?: { readonly [name: string]: unknown }
  /** Bodies of so many contacts as one list. Default: one object. */
  readonly contacts?: readonly { readonly [name: string]: unknown }[]
  /** How often each delivery is sent. */
  readonly copies?: number
  /** Before the second try; each pause after it is twice as long, up to twenty times this. Emarsys: 30 s to 10 min. */
  readonly retryMs?: number
}

const MOST_FIELDS = 20
const MOST_TRIES = 11
const ANSWER_WITHIN_MS = 10_000
/** Number of the program whose node it is. */
const PROGRAM = '1148'

/** The pause before a try, of which the first has number 0, in milliseconds. */
export const pauseBefore = (tries: number, retryMs = 30_000): number =>
  tries === 0 ? 0 : Math.min(retryMs * 2 ** (tries - 1), retryMs * 20)

/** Sends what the node would send, and answers the statuses it met, 0 for no answer. */
export async function fireWebhookNode(node: WebhookNode, now: number): Promise<number[]> {
  const bodies = (node.contacts ?? [{}]).map((contact) => ({
    ...Object.fromEntries(Object.entries({ ...contact, ...node.fields }).slice(0, MOST_FIELDS)),
    event_time: new Date(now).toISOString(),
    deduplication_id: randomUUID(),
    ems_program_id: PROGRAM,
  }))
  const body = JSON.stringify(node.contacts ? bodies : bodies[0])
  const statuses: number[] = []
  for (let copy = 0; copy < Math.min(node.copies ?? 1, 100); copy++) {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      if (tries > 0) await new Promise((resolve) => setTimeout(resolve, pauseBefore(tries, node.retryMs)).unref())
      const status = await post({
        url: node.url,
        body,
        headers: { [node.header]: node.token },
        withinMs: ANSWER_WITHIN_MS,
      })
      statuses.push(status)
      if (status >= 200 && status < 300) break
    }
  }
  return statuses
}

/** Sandboxes call nobody but this machine. */
export function isLocalAddress(text: unknown): text is string {
  if (typeof text !== 'string' || !URL.canParse(text)) return false
  const { protocol, hostname } = new URL(text)
  return protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(hostname)
}
