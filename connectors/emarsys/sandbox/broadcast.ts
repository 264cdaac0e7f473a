import type { FastifyInstance } from 'fastify'
import type { Account } from './account.ts'
import { record } from './account.ts'
import { isBlocked } from './blocklist.ts'
import { bodyOf } from './contact-routes.ts'
import { isRecord, textOf } from './contact-writes.ts'
import { ApiFailure, ok } from './envelope.ts'

/** A campaign sent to one address that is no contact. `stopped`: the address is on the block list. */
export type Broadcast = {
  readonly at: number
  readonly campaign: number
  readonly email: string
  readonly data: unknown
  readonly stopped: boolean
}

const IN_DESIGN = 1

/** `POST /email/{id}/broadcast`: one address a call, with all that its mail needs. */
export const broadcastRoutes = (app: FastifyInstance, account: Account): void => {
  app.post<{ Params: { id: string } }>(
    '/email/:id/broadcast',
    { config: { emarsysSwitch: 'campaign.broadcast' } },
    async (request) => {
      const campaign = account.campaigns.get(Number(request.params.id))
      if (campaign === undefined) throw new ApiFailure(400, 6004, 'Invalid email ID')
      const body = bodyOf(request)
      const email = textOf(body.email).trim()
      if (email === '') throw new ApiFailure(400, 10001, 'Missing parameter: email')
      if (!/^[^\s@]+@[^\s@]+$/.test(email)) throw new ApiFailure(400, 10001, 'Invalid value for email')
      if (body.data !== undefined && !isRecord(body.data)) throw new ApiFailure(400, 5011, 'data must be an object')
      if (campaign.status === IN_DESIGN) throw new ApiFailure(409, 6003, 'Invalid email status')
      account.broadcasts.push({
        at: account.now(),
        campaign: campaign.id,
        email,
        data: body.data ?? {},
        stopped: isBlocked(account, email),
      })
      record(account, 'campaign.broadcast', campaign.id)
      return ok('')
    },
  )
}
