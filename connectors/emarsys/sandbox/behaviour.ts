import type { FastifyInstance } from 'fastify'
import type { Account } from './account.ts'
import { record } from './account.ts'
import { isRecord } from './contact-writes.ts'
import { ApiFailure, ok } from './envelope.ts'

/** What a customer did on the shop's pages, by kind (`views`, `carts/items` …) as the address names it. */
export type Behaviour = {
  readonly at: number
  readonly customer: string
  readonly kind: string
  readonly data: unknown
}

const MOST_EVENTS = 1000

type OfKind = { Params: { customer: string; '*': string } }

/** Behavioural data, below `/api/hds`. Only its address is published: it keeps what it is given and gives it back. */
export const behaviourRoutes = (app: FastifyInstance, account: Account): void => {
  app.post<OfKind>('/events/customers/:customer/*', async (request) => {
    const { customer, '*': kind } = request.params
    const events: readonly unknown[] = Array.isArray(request.body) ? request.body : [request.body]
    if (events.length > MOST_EVENTS) throw new ApiFailure(400, 1000, `Batch size exceeds ${MOST_EVENTS}`)
    if (!events.every(isRecord)) throw new ApiFailure(400, 10001, 'Objects expected')
    for (const data of events) account.behaviour.push({ at: account.now(), customer, kind, data })
    record(account, 'behaviour.add', 0, { customer, kind, events: events.length })
    return ok({ accepted: events.length })
  })
  app.get<OfKind>('/events/customers/:customer/*', async (request) => {
    const { customer, '*': kind } = request.params
    return ok(
      account.behaviour
        .filter((one) => one.customer === customer && one.kind === kind)
        .map(({ at, data }) => ({ event_time: new Date(at).toISOString(), data })),
    )
  })
}
