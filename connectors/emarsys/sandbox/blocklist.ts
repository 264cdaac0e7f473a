import type { FastifyInstance } from 'fastify'
import type { Account } from './account.ts'
import { record } from './account.ts'
import { bodyOf, MOST_RECORDS } from './contact-routes.ts'
import { textOf } from './contact-writes.ts'
import { ApiFailure, ok } from './envelope.ts'

const ADDRESS = /^[^\s@]+@[^\s@]+\.[^\s@]+$/
const DOMAIN = /^[^\s@.]+(?:\.[^\s@.]+)+$/

/** Addresses and domains of which no campaign takes part any more, in lower case. */
export const isBlocked = (account: Account, address: string): boolean => {
  const text = address.toLowerCase()
  return account.blocked.has(text) || account.blocked.has(text.slice(text.lastIndexOf('@') + 1))
}

const listed = (value: unknown, shape: RegExp): string[] => {
  if (value === undefined) return []
  if (!Array.isArray(value)) throw new ApiFailure(400, 10001, 'Invalid data format. Array expected')
  if (value.length > MOST_RECORDS) throw new ApiFailure(400, 1000, `Batch size exceeds ${MOST_RECORDS}`)
  const entries = value.map((entry) => textOf(entry).trim().toLowerCase())
  // Both refusals are documented to come inside HTTP 200.
  if (entries.some((entry) => !shape.test(entry))) throw new ApiFailure(200, 15_005, 'Invalid expression.')
  return entries
}

/** `POST /blocklist` with up to 1,000 `emails` and 1,000 `domains`. Taken or refused as a whole. */
export const blocklistRoutes = (app: FastifyInstance, account: Account): void => {
  app.post('/blocklist', { config: { emarsysSwitch: 'campaign.blocklist' } }, async (request) => {
    const body = bodyOf(request)
    const emails = listed(body.emails, ADDRESS)
    const domains = listed(body.domains, DOMAIN)
    const entries = [...emails, ...domains]
    if (entries.length === 0) throw new ApiFailure(400, 1006, 'Empty parameters')
    if (entries.some((entry) => account.blocked.has(entry))) throw new ApiFailure(200, 15_006, 'Duplicated expression.')
    for (const entry of entries) account.blocked.add(entry)
    record(account, 'blocklist.add', 0, { entries: entries.length })
    return ok({ emails, domains })
  })
}
