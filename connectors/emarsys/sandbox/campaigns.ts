import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Account } from './account.ts'
import { record } from './account.ts'
import { admit } from './auth.ts'
import { bodyOf } from './contact-routes.ts'
import { findOne, isRecord, textOf } from './contact-writes.ts'
import { ApiFailure, ok } from './envelope.ts'
import { accountTime } from './lists.ts'

export type Launch = {
  readonly id: number
  /** `2026-10-06 09:00:00`, in Vienna time as everything the account shows. */
  readonly launched: string
  readonly planned: number
  readonly sent: number
  readonly softBounced: number
  readonly hardBounced: number
  readonly blockBounced: number
  readonly opened: number
  readonly privacyOpened: number
  readonly unsubscribed: number
  readonly totalClicked: number
  readonly uniqueClicked: number
  readonly complained: number
}

export type Campaign = {
  readonly id: number
  readonly name: string
  readonly status: number
  readonly created: string
  readonly launches: readonly Launch[]
}

const launch = (id: number, launched: string, sent: number): Launch => ({
  id,
  launched,
  planned: sent + 12,
  sent,
  softBounced: 4,
  hardBounced: 7,
  blockBounced: 1,
  opened: Math.floor(sent / 3),
  privacyOpened: Math.floor(sent / 9),
  unsubscribed: 5,
  totalClicked: Math.floor(sent / 12),
  uniqueClicked: Math.floor(sent / 17),
  complained: 0,
})

/** What the account has sent before anybody connected it: one campaign with two launches, one with one, one in design. */
export const bornCampaigns = (): Map<number, Campaign> =>
  new Map(
    [
      {
        id: 8810,
        name: 'Autumn newsletter',
        status: 3,
        created: '2026-10-01 11:20:00',
        launches: [launch(3, '2026-10-06 09:00:00', 1188), launch(4, '2026-10-20 09:00:00', 1203)],
      },
      {
        id: 8811,
        name: 'Reminder of open invoices',
        status: 3,
        created: '2026-11-02 08:00:00',
        launches: [launch(1, '2026-11-04 07:30:00', 96)],
      },
      { id: 8812, name: 'Winter sale', status: 1, created: '2026-11-18 16:45:10', launches: [] },
    ].map((campaign) => [campaign.id, campaign] as const),
  )

const campaignOf = (account: Account, id: unknown): Campaign => {
  const campaign = account.campaigns.get(Number(textOf(id)))
  if (campaign === undefined) throw new ApiFailure(400, 6025, `Invalid campaign id: ${textOf(id)}`)
  return campaign
}

const listed = (account: Account, query: { readonly [name: string]: string | undefined }) => {
  const { status, fromdate, todate } = query
  return [...account.campaigns.values()]
    .filter((one) => status === undefined || String(one.status) === status)
    .filter((one) => fromdate === undefined || one.created.slice(0, 10) >= fromdate)
    .filter((one) => todate === undefined || one.created.slice(0, 10) <= todate)
    .map((one) => ({
      id: String(one.id),
      language: 'en',
      name: one.name,
      created: one.created,
      status: String(one.status),
      api_status: '0',
      api_error: '0',
    }))
}

/** The older summary, for a campaign as a whole. Emarsys set its end for March 2026. */
const olderSummary = (campaign: Campaign) => {
  const sum = (part: keyof Omit<Launch, 'launched'>) =>
    String(campaign.launches.reduce((total, one) => total + one[part], 0))
  return {
    sent: sum('sent'),
    planned: sum('planned'),
    soft_bounces: sum('softBounced'),
    hard_bounces: sum('hardBounced'),
    block_bounces: sum('blockBounced'),
    opened: sum('opened'),
    unsubscribe: sum('unsubscribed'),
    total_clicks: sum('totalClicked'),
    unique_clicks: sum('uniqueClicked'),
    complained: sum('complained'),
    launches: String(campaign.launches.length),
  }
}

const RESPONSES = [
  'opened',
  'not_opened',
  'received',
  'clicked',
  'not_clicked',
  'bounced',
  'hard_bounced',
  'soft_bounced',
  'block_bounced',
]
const MINUTE = 60_000

const askResponses = (account: Account, request: FastifyRequest) => {
  const body = bodyOf(request)
  if (!RESPONSES.includes(textOf(body.type))) throw new ApiFailure(400, 6026, `Unknown type: ${textOf(body.type)}`)
  const now = account.now()
  const last = Math.max(...[...account.responseQueries.values()], Number.NEGATIVE_INFINITY)
  if (now - last < MINUTE) throw new ApiFailure(423, 6028, 'The query was run in the last minute')
  const id = account.nextNumber++
  account.responseQueries.set(id, now)
  return ok({ id })
}

type One = { Params: { id: string } }

/** Campaigns and what became of them, below the prefix of the Core API. */
export const campaignRoutes = (app: FastifyInstance, account: Account): void => {
  const needs = (permission: string) => ({ config: { emarsysSwitch: `campaign.${permission}` } })
  app.get('/email', needs('list'), async (request) =>
    // Query parameters are texts, or lists of them when given twice.
    ok(listed(account, request.query as { [name: string]: string | undefined })),
  )
  app.post('/email/getlaunchesofemail', needs('getlaunchesofemail'), async (request) => {
    const { launches } = campaignOf(account, bodyOf(request).emailId)
    return ok(launches.map(({ id, launched }) => ({ id: String(id), done: 'y', launch_date: launched })))
  })
  app.get<One>('/email/:id/responsesummary', needs('responsesummary'), async (request) => {
    if (account.quirks.oldSummary === 'gone') throw new ApiFailure(404, 1008, 'The endpoint does not exist any more')
    return ok(olderSummary(campaignOf(account, request.params.id)))
  })
  app.post('/email/responses', needs('responses'), async (request) => askResponses(account, request))
  app.get<One>('/email/:id/responses', needs('responses.get'), async (request, reply) => {
    const asked = account.responseQueries.get(Number(request.params.id))
    if (asked === undefined) throw new ApiFailure(404, 6029, 'No such job')
    if (account.now() - asked < account.quirks.workMs) {
      return reply.code(202).send({ replyCode: 10001, replyText: 'The query is still running', data: '' })
    }
    return ok({ contact_ids: [...account.contacts.all()].slice(0, 3).map(({ id }) => String(id)) })
  })
  app.post('/email/unsubscribe', needs('unsubscribe'), async (request) => {
    const { contact_uid, email_id } = bodyOf(request)
    const campaign = campaignOf(account, email_id)
    const contact = findOne(account, 'uid', textOf(contact_uid))
    if ('code' in contact) throw new ApiFailure(400, contact.code, contact.text)
    record(account, 'campaign.unsubscribe', campaign.id, { contact: contact.id })
    return ok({})
  })
}

const MOST_CAMPAIGNS = 3000

/** The reporting API: no envelope, neither around what is good nor around what is not. */
export const reportingRoutes = (app: FastifyInstance, account: Account): void => {
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const status = error instanceof ApiFailure ? error.status : (error.statusCode ?? 500)
    return reply.code(status).send({ error: { message: error.message, code: status } })
  })
  app.addHook('onRequest', async (request, reply) => admit(account, request, reply))
  const summary = { config: { emarsysSwitch: 'campaign.responsesummary' } }
  app.post('/campaigns/responseSummary/filter', summary, async (request) => {
    const ids = isRecord(request.body) ? request.body.campaignIds : undefined
    if (!Array.isArray(ids) || ids.length === 0) throw new ApiFailure(400, 0, 'campaignIds must be a list')
    if (ids.length > MOST_CAMPAIGNS) throw new ApiFailure(400, 0, `More than ${MOST_CAMPAIGNS} campaign ids`)
    return {
      data: ids.flatMap((id) => {
        const campaign = account.campaigns.get(Number(id))
        return (campaign?.launches ?? []).map(({ id: launchId, launched: _, ...counts }) => ({
          campaignId: campaign?.id,
          launchId,
          ...counts,
        }))
      }),
    }
  })
  app.get<One>('/contacts/:id/deliveryResults', summary, async (request) => {
    const { startDate, endDate } = request.query as { startDate?: string; endDate?: string } // as they come
    const days = (Date.parse(endDate ?? '') - Date.parse(startDate ?? '')) / 86_400_000
    if (!(days >= 0 && days <= 90)) throw new ApiFailure(400, 0, 'startDate and endDate must be at most 90 days apart')
    if (account.contacts.byId(Number(request.params.id)) === undefined)
      throw new ApiFailure(404, 0, 'Contact not found')
    return { data: [{ campaignId: 8811, launchId: 1, status: 'LAUNCHED', time: accountTime(account.now()) }] }
  })
}
