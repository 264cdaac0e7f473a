import type { FastifyInstance } from 'fastify'
import type { Account } from './account.ts'
import { isRecord } from './contact-writes.ts'
import { controlOf } from './control.ts'
import { controlPage } from './control-page.ts'
import { defaultQuirks, type Quirks } from './envelope.ts'
import type { Fault } from './faults.ts'
import { fireWebhookNode, isLocalAddress } from './webhook-node.ts'

const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/

const namesOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((name) => typeof name === 'string') : []

/** Most entries of one page of the ledger. */
const PAGE = 1000

const stateOf = (account: Account) => ({
  contacts: account.contacts.size,
  lists: account.lists.size,
  salesRows: account.sales.rows.length,
  salesUploads: account.sales.uploads,
  revenue: account.sales.total(),
  duplicates: account.sales.duplicates().length,
  pseudoContacts: Object.fromEntries(account.sales.pseudoContacts),
  triggers: account.triggered.length,
  mails: account.triggered.filter((event) => !event.repeat && !event.stopped).length,
  ledger: account.ledger.length,
  perMinute: account.limits.perMinute,
  admitted: account.limits.admitted,
  breaches: account.limits.breaches,
  denied: Object.fromEntries([...account.denied].map(([credential, names]) => [credential, [...names]])),
  faults: account.faults.list(),
  liveTokens: account.tokens.live,
  quirks: account.quirks,
  requests: Object.fromEntries(account.requests),
})

/** The control page and its API: for people and tests, not part of Emarsys. Without a login, hence loopback only. */
export const controlRoutes = (app: FastifyInstance, account: Account): void => {
  const control = controlOf(account)
  app.addHook('onRequest', async (request, reply) => {
    if (!LOOPBACK.test(request.ip))
      return reply.code(403).send({ message: 'The control page answers this machine only' })
  })
  app.get('/control', async (_request, reply) => reply.type('text/html; charset=utf-8').send(controlPage(account)))
  app.get('/control/state', async () => stateOf(account))
  app.get<{ Querystring: { from?: string } }>('/control/ledger', async (request) => {
    const from = Number(request.query.from ?? 0) || 0
    const entries = account.ledger.slice(from, from + PAGE)
    return { total: account.ledger.length, entries, next: from + PAGE < account.ledger.length ? from + PAGE : null }
  })
  app.get('/control/sales', async () => ({
    rows: account.sales.rows.length,
    total: account.sales.total(),
    perDay: account.sales.perDay(),
    perDayAndCurrency: account.sales.perDayAndCurrency(),
    duplicates: account.sales.duplicates(),
  }))
  app.get('/control/events', async () => account.triggered)

  app.post('/control/limits', async (request, reply) => {
    const wanted = isRecord(request.body) ? request.body.perMinute : undefined
    if (wanted !== 'off' && !(typeof wanted === 'number' && Number.isInteger(wanted) && wanted >= 0))
      return reply.code(400).send({ message: 'perMinute must be a whole number or "off"' })
    control.setLimits(wanted === 'off' ? 'off' : { perMinute: wanted })
    return { perMinute: wanted }
  })
  app.post('/control/permissions', async (request, reply) => {
    if (!isRecord(request.body)) return reply.code(400).send({ message: 'send {credential?, off?: [], on?: []}' })
    const { credential, off, on } = request.body
    control.setPermissions({
      ...(typeof credential === 'string' && { credential }),
      off: namesOf(off),
      on: namesOf(on),
    })
    return stateOf(account).denied
  })
  app.post('/control/faults', async (request, reply) => {
    const list = Array.isArray(request.body) ? request.body : [request.body]
    try {
      // Faults.add checks every member before it takes any.
      control.addFaults(list as Fault[])
    } catch (error) {
      return reply.code(400).send({ message: error instanceof Error ? error.message : 'unusable fault' })
    }
    return account.faults.list()
  })
  app.delete('/control/faults', async () => {
    control.clearFaults()
    return []
  })
  app.post('/control/quirks', async (request, reply) => {
    const known = Object.keys(defaultQuirks())
    if (!isRecord(request.body) || Object.keys(request.body).some((name) => !known.includes(name)))
      return reply.code(400).send({ message: `send an object with some of ${known.join(', ')}` })
    // Names are checked; a value that makes no sense only makes odd answers, which is what quirks are for.
    control.setQuirks(request.body as Partial<Quirks>)
    return account.quirks
  })
  app.post('/control/webhook-node', async (request, reply) => {
    const { url, header, token, fields, contacts, copies, retryMs } = isRecord(request.body) ? request.body : {}
    if (!isLocalAddress(url) || typeof header !== 'string' || typeof token !== 'string') {
      const message =
        'send {url: "http://localhost:<port>/hooks/…", header, token, fields?, contacts?: []}; other machines are not called'
      return reply.code(400).send({ message })
    }
    const statuses = await fireWebhookNode(
      {
        ...{ url, header, token },
        ...(isRecord(fields) && { fields }),
        ...(Array.isArray(contacts) && { contacts: contacts.filter(isRecord).slice(0, PAGE) }),
        ...(typeof copies === 'number' && { copies }),
        ...(typeof retryMs === 'number' && { retryMs }),
      },
      Date.now(),
    )
    return { statuses }
  })
  app.post('/control/tokens/revoke', async () => ({ revoked: control.revokeTokens() }))
}
