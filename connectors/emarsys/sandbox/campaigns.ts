import type { FastifyInstance } from 'fastify'
import type { Account } from './account.ts'
import { record } from './account.ts'
import { bodyOf } from './contact-routes.ts'
import { findOne, type Input, textOf } from './contact-writes.ts'
import { deliveriesOf, launchesOf } from './deliveries.ts'
import { ApiFailure, ok } from './envelope.ts'

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

export const campaignOf = (account: Account, id: unknown): Campaign => {
  const campaign = account.campaigns.get(Number(textOf(id)))
  if (campaign === undefined) throw new ApiFailure(400, 6025, `Invalid campaign id: ${textOf(id)}`)
  return campaign
}

const shown = (campaign: Campaign) => ({
  id: String(campaign.id),
  language: 'en',
  name: campaign.name,
  created: campaign.created,
  status: String(campaign.status),
  api_status: '0',
  api_error: '0',
})

const listed = (account: Account, query: { readonly [name: string]: string | undefined }) => {
  const { status, fromdate, todate } = query
  return [...account.campaigns.values()]
    .filter((one) => status === undefined || String(one.status) === status)
    .filter((one) => fromdate === undefined || one.created.slice(0, 10) >= fromdate)
    .filter((one) => todate === undefined || one.created.slice(0, 10) <= todate)
    .map(shown)
}

/** The older summary, for a campaign as a whole. Emarsys set its end for March 2026. */
const olderSummary = (launches: readonly Launch[]) => {
  const sum = (part: keyof Omit<Launch, 'launched'>) => String(launches.reduce((total, one) => total + one[part], 0))
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
    launches: String(launches.length),
  }
}

/** Mail by mail, a thousand a page; `lastId` names the last one of the page before. */
const deliveryStatus = (account: Account, body: Input) => {
  const campaign = campaignOf(account, body.emailId)
  const mails = [...deliveriesOf(account)]
    .filter((mail) => mail.campaign === campaign.id)
    .filter((mail) => body.launchId === undefined || String(mail.launch) === textOf(body.launchId))
  const from = Number(textOf(body.lastId)) || 0
  const page = mails.slice(from, from + 1000)
  return ok({
    resultSet: page.map((mail) => ({
      id: campaign.id,
      user_id: mail.contact,
      bounce_reason: mail.status.endsWith('_BOUNCED') ? mail.status.replace('_BOUNCED', '').toLowerCase() : '',
      status: mail.status === 'CANCELED' ? 'canceled' : 'launched',
      mail_type: 'html',
    })),
    lastId: from + page.length,
  })
}

type One = { Params: { id: string } }

/** Campaigns and what became of them, below the prefix of the Core API. */
export const campaignRoutes = (app: FastifyInstance, account: Account): void => {
  const needs = (permission: string) => ({ config: { emarsysSwitch: `campaign.${permission}` } })
  app.get('/email', needs('list'), async (request) =>
    // Query parameters are texts, or lists of them when given twice.
    ok(listed(account, request.query as { [name: string]: string | undefined })),
  )
  app.get<One>('/email/:id', needs('get'), async (request) => {
    const campaign = campaignOf(account, request.params.id)
    return ok({ ...shown(campaign), subject: campaign.name, fromemail: 'news@sandbox.example', contactlist: '0' })
  })
  app.post('/email/getlaunchesofemail', needs('getlaunchesofemail'), async (request) => {
    const { launches } = campaignOf(account, bodyOf(request).emailId)
    return ok(launches.map(({ id, launched }) => ({ id: String(id), done: 'y', launch_date: launched })))
  })
  app.get<One>('/email/:id/responsesummary', needs('responsesummary'), async (request) => {
    if (account.quirks.oldSummary === 'gone') throw new ApiFailure(404, 1008, 'The endpoint does not exist any more')
    return ok(olderSummary(launchesOf(account, campaignOf(account, request.params.id).id)))
  })
  app.post('/email/getdeliverystatus', needs('getdeliverystatus'), async (request) =>
    deliveryStatus(account, bodyOf(request)),
  )
  app.post('/email/unsubscribe', needs('unsubscribe'), async (request) => {
    const { contact_uid, email_id, launch_list_id } = bodyOf(request)
    const campaign = campaignOf(account, email_id)
    const contact = findOne(account, 'uid', textOf(contact_uid))
    if ('code' in contact) throw new ApiFailure(400, contact.code, contact.text)
    account.unsubscribes.push({
      campaign: campaign.id,
      launch: Number(textOf(launch_list_id)),
      contact: contact.id,
      at: account.now(),
    })
    record(account, 'campaign.unsubscribe', campaign.id, { contact: contact.id })
    return ok({})
  })
}
