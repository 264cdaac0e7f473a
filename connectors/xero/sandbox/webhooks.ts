import { createHmac, randomBytes } from 'node:crypto'
import type { Document, Payment } from './model.ts'
import { paymentType } from './wire-documents.ts'
import type { World } from './world.ts'

/** Where the app wants to be told, as it is set up in Xero's portal. */
export type Subscription = {
  readonly url: string
  readonly key: string
  /** Between the tries of a delivery after the first two, which follow at once. Xero: 15 minutes. */
  readonly retryMs?: number
  /** When the subscription is switched off. Xero: 24 hours. */
  readonly giveUpMs?: number
  /** How often each delivery is sent: at least once is what Xero promises. */
  readonly copies?: number
  /** Each event travels alone, and two and two the later one goes first: Xero promises no order. */
  readonly swapped?: boolean
  /** How long an answer may take. Xero: 5 seconds. */
  readonly answerMs?: number
}

export type WebhookState = {
  readonly url: string | undefined
  readonly status: 'none' | 'ok' | 'failed' | 'disabled'
  readonly waiting: number
  readonly delivered: number
  readonly tries: number
}

export type Webhooks = {
  /** Asks whether the address answers as it should, and tells it of changes from then on. */
  subscribe(subscription: Subscription): Promise<WebhookState>
  state(): WebhookState
  close(): void
}

type Told = {
  readonly category: string
  readonly type: 'CREATE' | 'UPDATE'
  readonly id: string
  /** Milliseconds since 1970, by the sandbox's clock. */
  readonly at: number
  /** What the newer categories say of the record as it was then. */
  readonly data?: { readonly Type: string; readonly Status: string }
}

const ANSWER_WITHIN_MS = 5_000
/** What could not be delivered is kept for so long. */
const KEPT_MS = 31 * 86_400_000
const EVENTS_OF_ONE = 50
/** Events that wait; more are forgotten, oldest first. */
const MOST_WAITING = 10_000
const PATHS: { readonly [category: string]: string } = {
  INVOICE: 'Invoices',
  CONTACT: 'Contacts',
  CREDITNOTE: 'CreditNotes',
  PREPAYMENT: 'Prepayments',
  OVERPAYMENT: 'Overpayments',
  PAYMENT: 'Payments',
}

export function createWebhooks(world: World): Webhooks {
  const waiting: Told[] = []
  const closing = new AbortController()
  let subscription: Subscription | undefined
  let status: WebhookState['status'] = 'none'
  let sequence = 0
  let delivered = 0
  let tries = 0
  let sending = false

  /** Invoices and contacts say nothing of themselves; the categories of 2026 name type and status. */
  const note =
    <T extends { readonly id: string; readonly status: string }>(category: string, typeOf?: (record: T) => string) =>
    (record: T, type: Told['type']) => {
      if (subscription === undefined) return
      const data = typeOf && { data: { Type: typeOf(record), Status: record.status } }
      waiting.push({ category, type, id: record.id, at: world.clock.now(), ...data })
      if (waiting.length > MOST_WAITING) waiting.shift()
      if (!sending) void send()
    }
  const own = ({ type }: Document) => type
  world.books.invoices.changed = note('INVOICE')
  world.books.creditNotes.changed = note('CREDITNOTE', own)
  world.books.contacts.changed = note('CONTACT')
  world.books.prepayments.changed = note('PREPAYMENT', own)
  world.books.overpayments.changed = note('OVERPAYMENT', own)
  world.books.payments.changed = note('PAYMENT', ({ document }: Payment) => paymentType(document))

  const isWell = () => status === 'ok'

  async function send(): Promise<void> {
    sending = true
    // What one change sets off travels together.
    await pause(5)
    while (waiting.length > 0 && isWell() && !closing.signal.aborted) {
      while (waiting[0] && waiting[0].at < world.clock.now() - KEPT_MS) waiting.shift()
      const size = subscription?.swapped ? 1 : EVENTS_OF_ONE
      const first = waiting.splice(0, size)
      const second = subscription?.swapped ? waiting.splice(0, size) : []
      const batches = [first, second].filter(({ length }) => length > 0)
      const bodies = batches.map((events) => {
        const body = bodyOf(events, sequence + 1)
        sequence += events.length
        return { events, body }
      })
      for (const { events, body } of bodies.reverse()) {
        // What did not arrive comes first, once the address is well again.
        if (!isWell() || !(await deliver(body))) waiting.unshift(...events)
      }
    }
    sending = false
  }

  /** Whether it arrived. */
  async function deliver(body: string): Promise<boolean> {
    const began = performance.now()
    for (let count = 0; !closing.signal.aborted && subscription; count++) {
      const { key, copies = 1, retryMs = 15 * 60_000, giveUpMs = 24 * 3_600_000 } = subscription
      const answers = await Promise.all(Array.from({ length: copies }, () => post(body, sign(body, key))))
      if (answers.every((answer) => answer >= 200 && answer < 300)) {
        delivered += 1
        return true
      }
      if (performance.now() - began > giveUpMs) {
        status = 'disabled'
        return false
      }
      if (count > 0) await pause(retryMs)
    }
    return false
  }

  /** Status of the answer; 0 when there was none in time. */
  async function post(body: string, signature: string): Promise<number> {
    if (!subscription) return 0
    tries += 1
    try {
      const answer = await fetch(subscription.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json; charset=utf-8', 'x-xero-signature': signature },
        body,
        redirect: 'manual',
        signal: AbortSignal.any([closing.signal, AbortSignal.timeout(subscription.answerMs ?? ANSWER_WITHIN_MS)]),
      })
      await answer.arrayBuffer()
      return answer.status
    } catch {
      return 0
    }
  }

  function bodyOf(events: readonly Told[], first: number): string {
    return JSON.stringify({
      events: events.map(({ category, type, id, at, data }) => ({
        resourceUrl: `https://api.xero.com/api.xro/2.0/${PATHS[category]}/${id}`,
        resourceId: id,
        // Xero's time has no zone, which is UTC.
        eventDateUtc: new Date(at).toISOString().replace('Z', ''),
        eventType: type,
        eventCategory: category,
        tenantId: world.tenantId,
        tenantType: 'ORGANISATION',
        ...(data ? { data } : {}),
      })),
      firstEventSequence: events.length > 0 ? first : 0,
      lastEventSequence: events.length > 0 ? first + events.length - 1 : 0,
      entropy: randomBytes(10).toString('hex').toUpperCase(),
    })
  }

  /** Ends early when the sandbox closes. */
  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      closing.signal.addEventListener('abort', () => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  const state = (): WebhookState => ({ url: subscription?.url, status, waiting: waiting.length, delivered, tries })

  return {
    async subscribe(wanted) {
      subscription = wanted
      // Intent to receive: empty deliveries, some with a wrong signature, which the address has to refuse.
      const answers = []
      for (const right of [true, false, true, false]) {
        const body = bodyOf([], 0)
        const answer = await post(body, sign(body, right ? wanted.key : randomBytes(16).toString('hex')))
        answers.push(answer === (right ? 200 : 401))
      }
      status = answers.every(Boolean) ? 'ok' : 'failed'
      if (status === 'ok' && waiting.length > 0 && !sending) void send()
      return state()
    },
    state,
    close: () => closing.abort(),
  }
}

function sign(body: string, key: string): string {
  return createHmac('sha256', key).update(body).digest('base64')
}
