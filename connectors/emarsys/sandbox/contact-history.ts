import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Account } from './account.ts'
import { bodyOf, MOST_RECORDS } from './contact-routes.ts'
import { textOf } from './contact-writes.ts'
import { type DeliveryStatus, deliveriesOf } from './deliveries.ts'
import { ApiFailure, ok } from './envelope.ts'
import { accountTime } from './lists.ts'

/** How long messages are remembered: about thirty days. */
const KEPT_MS = 30 * 86_400_000
const DAY = /^\d{4}-\d{2}-\d{2}$/

const BOUNCES: { readonly [status in DeliveryStatus]: string } = {
  LAUNCHED: '',
  CANCELED: '',
  SOFT_BOUNCED: 'soft',
  HARD_BOUNCED: 'hard',
  BLOCK_BOUNCED: 'block',
}

const dayOf = (name: string, value: unknown): string | undefined => {
  if (value === undefined || value === '') return undefined
  const day = textOf(value)
  if (!DAY.test(day)) throw new ApiFailure(400, 10001, `Invalid data format for ${name}. Date expected`)
  return day
}

const history = (account: Account, request: FastifyRequest) => {
  const { contacts, startDate, endDate } = bodyOf(request)
  if (contacts === undefined) throw new ApiFailure(400, 10001, 'Missing parameter: contacts')
  // Numbers of contacts, as numbers: a list of texts is refused.
  if (!Array.isArray(contacts) || !contacts.every((id) => Number.isInteger(id)))
    throw new ApiFailure(400, 10001, 'Contacts must be an integer array')
  if (contacts.length > MOST_RECORDS) throw new ApiFailure(400, 10001, `Max. number of contacts: ${MOST_RECORDS}`)
  const from = dayOf('startDate', startDate) ?? ''
  const to = dayOf('endDate', endDate) ?? '9999-12-31'
  const asked = new Set<number>(contacts)
  const oldest = account.now() - KEPT_MS
  const rows = []
  for (const { campaign, contact, at, status } of deliveriesOf(account)) {
    const launched = accountTime(at)
    const day = launched.slice(0, 10)
    if (!asked.has(contact) || at < oldest || day < from || day > to) continue
    rows.push({
      emailId: campaign,
      contactId: String(contact),
      launch_date: launched,
      delivery_status: status === 'CANCELED' ? 'canceled' : 'launched',
      bounce_status: BOUNCES[status],
    })
  }
  return ok(rows)
}

/** `POST /contact/getcontacthistory`: the messages of some contacts, by their numbers. */
export const contactHistoryRoutes = (app: FastifyInstance, account: Account): void => {
  app.post('/contact/getcontacthistory', { config: { emarsysSwitch: 'contact.history.filter' } }, async (request) =>
    history(account, request),
  )
}
