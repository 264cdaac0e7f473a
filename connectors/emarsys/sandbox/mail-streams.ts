import type { FastifyInstance } from 'fastify'
import type { Account } from './account.ts'
import { deliveriesOf } from './deliveries.ts'
import { ApiFailure, ok } from './envelope.ts'

type MailEvent = {
  readonly campaign_id: number
  readonly contact_id: string
  /** ISO 8601, UTC. */
  readonly event_time: string
}

const eventOf = (campaign: number, contact: number, at: number): MailEvent => ({
  campaign_id: campaign,
  contact_id: String(contact),
  event_time: new Date(at).toISOString(),
})

const deliveries = (account: Account, status: (status: string) => boolean): MailEvent[] =>
  [...deliveriesOf(account)]
    .filter((mail) => status(mail.status))
    .map((mail) => eventOf(mail.campaign, mail.contact, mail.at))

const STREAMS: { readonly [stream: string]: (account: Account) => MailEvent[] } = {
  sends: (account) => deliveries(account, (status) => status !== 'CANCELED'),
  cancels: (account) => deliveries(account, (status) => status === 'CANCELED'),
  bounces: (account) => deliveries(account, (status) => status.endsWith('_BOUNCED')),
  opens: (account) =>
    [...deliveriesOf(account)]
      .filter((mail) => mail.opened)
      .map((mail) => eventOf(mail.campaign, mail.contact, mail.at)),
  clicks: (account) =>
    [...deliveriesOf(account)]
      .filter((mail) => mail.clicked)
      .map((mail) => eventOf(mail.campaign, mail.contact, mail.at)),
  unsubscribes: (account) => account.unsubscribes.map(({ campaign, contact, at }) => eventOf(campaign, contact, at)),
}

const momentOf = (name: string, text: string | undefined, otherwise: number): number => {
  if (text === undefined) return otherwise
  const at = Date.parse(text)
  if (Number.isNaN(at)) throw new ApiFailure(400, 10001, `Invalid data format for ${name}. Date expected`)
  return at
}

type OfStream = { Params: { stream: string }; Querystring: { from?: string; to?: string } }

/** Mail streams, below `/api/rtm`: what happened to mails between two moments. They have a limit of their own. */
export const mailStreamRoutes = (app: FastifyInstance, account: Account): void => {
  app.get<OfStream>('/mail_events/:stream', async (request) => {
    const { stream } = request.params
    const read = Object.hasOwn(STREAMS, stream) ? STREAMS[stream] : undefined
    if (read === undefined) throw new ApiFailure(404, 10001, `No such stream: ${stream}`)
    const from = momentOf('from', request.query.from, Number.NEGATIVE_INFINITY)
    const to = momentOf('to', request.query.to, Number.POSITIVE_INFINITY)
    return ok(
      read(account).filter(({ event_time }) => {
        const at = Date.parse(event_time)
        return at >= from && at < to
      }),
    )
  })
}
