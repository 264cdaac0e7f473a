import type { FastifyInstance } from 'fastify'
import type { Account } from './account.ts'
import { record } from './account.ts'
import { isRecord } from './contact-writes.ts'
import { ApiFailure } from './envelope.ts'

/** An engagement event that was taken. */
export type Engagement = {
  readonly at: number
  readonly integration: string
  readonly configuration: string
  readonly payload: unknown
}

/** Integration and event configuration that somebody has connected to a program by hand, as `integration/configuration`. */
export const bornEngagements = (): Set<string> => new Set(['tieline/invoice-paid'])

type OfEvent = { Params: { integration: string; configuration: string } }

/** Engagement events, below `/api/engagementevent/v1`. Answers have no envelope: 202 for accepted, `{error}` else. */
export const engagementRoutes = (app: FastifyInstance, account: Account): void => {
  app.post<OfEvent>('/integrations/:integration/eventConfigurations/:configuration/events', async (request, reply) => {
    const { integration, configuration } = request.params
    if (!account.engagementEvents.has(`${integration}/${configuration}`))
      throw new ApiFailure(400, 0, 'The event is not connected to a program')
    // A client in use sends null for an event without data.
    if (request.body !== null && !isRecord(request.body))
      throw new ApiFailure(422, 0, 'The event must be a JSON object')
    account.engagements.push({ at: account.now(), integration, configuration, payload: request.body ?? {} })
    record(account, 'engagement.accept', 0, { integration, configuration })
    return reply.code(202).send({})
  })
}
