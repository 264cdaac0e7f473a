import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Account } from './account.ts'
import { bodyOf } from './contact-routes.ts'
import { textOf } from './contact-writes.ts'
import { campaignOf } from './campaigns.ts'
import { type Delivery, deliveriesOf } from './deliveries.ts'
import { ApiFailure, ok } from './envelope.ts'
import { accountTime } from './lists.ts'

/** A question who opened, clicked, bounced …, with its answer as it was when the work was done. */
export type ResponseQuery = {
  readonly askedAt: number
  readonly type: string
  readonly campaign: number | undefined
  /** `2026-11-01 00:00`, in the account's time; the end is left out. */
  readonly from: string
  readonly to: string
  polled: boolean
}

const isBounce = ({ status }: Delivery) => status.endsWith('_BOUNCED')
const isReceived = ({ status }: Delivery) => status === 'LAUNCHED'

const TYPES: { readonly [type: string]: (mail: Delivery) => boolean } = {
  opened: (mail) => mail.opened,
  not_opened: (mail) => isReceived(mail) && !mail.opened,
  received: isReceived,
  clicked: (mail) => mail.clicked,
  not_clicked: (mail) => isReceived(mail) && !mail.clicked,
  bounced: isBounce,
  hard_bounced: ({ status }) => status === 'HARD_BOUNCED',
  soft_bounced: ({ status }) => status === 'SOFT_BOUNCED',
  block_bounced: ({ status }) => status === 'BLOCK_BOUNCED',
}

const MINUTE = 60_000
/** Polling has to begin within two minutes; the result is kept for two hours. */
const FIRST_POLL_MS = 2 * MINUTE
const KEPT_MS = 120 * MINUTE

const momentOf = (value: unknown, otherwise: string): string => {
  if (value === undefined || value === '') return otherwise
  const text = textOf(value)
  if (!/^\d{4}-\d{2}-\d{2}(?: \d{2}:\d{2}(?::\d{2})?)?$/.test(text))
    throw new ApiFailure(400, 6025, `Invalid date: ${text}`)
  return text
}

const ask = (account: Account, request: FastifyRequest) => {
  const body = bodyOf(request)
  const type = textOf(body.type)
  if (!Object.hasOwn(TYPES, type)) throw new ApiFailure(400, 6026, `Unknown type: ${type}`)
  const campaign = body.campaign_id === undefined ? undefined : campaignOf(account, body.campaign_id).id
  const from = momentOf(body.start_date, '')
  const to = momentOf(body.end_date, '9999-12-31')
  const askedAt = account.now()
  const last = Math.max(...[...account.responseQueries.values()].map((query) => query.askedAt), -MINUTE)
  if (askedAt - last < MINUTE) throw new ApiFailure(423, 6028, 'The query was run in the last minute')
  const id = account.nextNumber++
  account.responseQueries.set(id, { askedAt, type, campaign, from, to, polled: false })
  return ok({ id })
}

const answer = (account: Account, reply: FastifyReply, id: string) => {
  const query = account.responseQueries.get(Number(id))
  const age = account.now() - (query?.askedAt ?? 0)
  if (query === undefined || age > KEPT_MS || (!query.polled && age > FIRST_POLL_MS))
    throw new ApiFailure(404, 6029, 'No such job')
  query.polled = true
  if (age < account.quirks.workMs)
    return reply.code(202).send({ replyCode: 10001, replyText: 'The query is still running', data: '' })
  const ids = new Set<number>()
  for (const mail of deliveriesOf(account)) {
    const at = accountTime(mail.at)
    if (query.campaign !== undefined && mail.campaign !== query.campaign) continue
    if (at >= query.from && at < query.to && TYPES[query.type]?.(mail)) ids.add(mail.contact)
  }
  return ok({ contact_ids: [...ids].map(String) })
}

/** Who opened, clicked, bounced: asked at most once a minute, then polled. */
export const campaignResponseRoutes = (app: FastifyInstance, account: Account): void => {
  const needs = (permission: string) => ({ config: { emarsysSwitch: `campaign.${permission}` } })
  app.post('/email/responses', needs('responses'), async (request) => ask(account, request))
  app.get<{ Params: { id: string } }>('/email/:id/responses', needs('responses.get'), async (request, reply) =>
    answer(account, reply, request.params.id),
  )
}
