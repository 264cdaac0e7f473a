import type { FastifyInstance } from 'fastify'
import type { Account } from './account.ts'
import { isRecord } from './contact-writes.ts'
import { deliveriesOf, launchesOf } from './deliveries.ts'
import { ApiFailure } from './envelope.ts'
import { accountTime } from './lists.ts'

const MOST_CAMPAIGNS = 3000
const MOST_DAYS = 90

type OfContact = { Params: { id: string }; Querystring: { startDate?: string; endDate?: string } }

/** The reporting API: no envelope, neither around what is good nor around what is not. */
export const reportingRoutes = (app: FastifyInstance, account: Account): void => {
  const summary = { config: { emarsysSwitch: 'campaign.responsesummary' } }
  app.post('/campaigns/responseSummary/filter', summary, async (request) => {
    const ids = isRecord(request.body) ? request.body.campaignIds : undefined
    if (!Array.isArray(ids) || ids.length === 0) throw new ApiFailure(400, 0, 'campaignIds must be a list')
    if (ids.length > MOST_CAMPAIGNS) throw new ApiFailure(400, 0, `More than ${MOST_CAMPAIGNS} campaign ids`)
    return {
      data: ids.flatMap((id) =>
        launchesOf(account, Number(id)).map(({ id: launchId, launched: _, ...counts }) => ({
          campaignId: Number(id),
          launchId,
          ...counts,
        })),
      ),
    }
  })
  app.get<OfContact>('/contacts/:id/deliveryResults', summary, async (request) => {
    const { startDate = '', endDate = '' } = request.query
    const days = (Date.parse(endDate) - Date.parse(startDate)) / 86_400_000
    if (!(days >= 0 && days <= MOST_DAYS))
      throw new ApiFailure(400, 0, `startDate and endDate must be at most ${MOST_DAYS} days apart`)
    const contact = account.contacts.byId(Number(request.params.id))
    if (contact === undefined) throw new ApiFailure(404, 0, 'Contact not found')
    const data = []
    for (const { campaign, launch, contact: id, at, status } of deliveriesOf(account)) {
      const day = accountTime(at).slice(0, 10)
      if (id !== contact.id || day < startDate.slice(0, 10) || day > endDate.slice(0, 10)) continue
      data.push({ campaignId: campaign, launchId: launch, status, time: accountTime(at) })
    }
    return { data }
  })
}
