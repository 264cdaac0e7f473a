import type { FastifyInstance } from 'fastify'
import type { Account } from './account.ts'
import { record } from './account.ts'
import { rawTail } from './contact-reads.ts'
import { bodyOf } from './contact-routes.ts'
import { textOf } from './contact-writes.ts'
import type { Contact } from './contacts.ts'
import { type Matches, readCriteria } from './criteria.ts'
import { ApiFailure, ok } from './envelope.ts'
import { accountTime } from './lists.ts'

export type Segment = {
  readonly id: number
  readonly name: string
  readonly created: string
  readonly matches: Matches
  /** Fields it looks at: they cannot be deleted. */
  readonly fields: readonly string[]
}

const optedIn = (account: Account, contact: Contact) => account.contacts.value(contact, '31') === '1'

export const bornSegments = (): Map<number, Segment> =>
  new Map([
    [301, { id: 301, name: 'Opted in', created: '2026-01-12 09:00:00', matches: optedIn, fields: ['31'] }],
    [
      302,
      {
        id: 302,
        name: 'Bought in the last year',
        created: '2026-02-03 14:30:00',
        matches: (account, contact) => account.contacts.value(contact, '9009') !== undefined,
        fields: ['9009'],
      },
    ],
  ])

export type SegmentRun = { readonly id: number; readonly segment: number; readonly startedAt: number; list?: number }

type One = { Params: { id: string } }

const segmentOf = (account: Account, id: string): Segment => {
  const segment = account.segments.get(Number(id))
  if (segment === undefined) throw new ApiFailure(404, 10002, `Segment does not exist: ${id}`)
  return segment
}

const membersOf = (account: Account, segment: Segment): Contact[] =>
  [...account.contacts.all()].filter((contact) => segment.matches(account, contact))

const isBusy = (account: Account): boolean =>
  [...account.segmentRuns.values()].some((run) => account.now() - run.startedAt < account.quirks.workMs)

const status = (account: Account, id: string) => {
  const run = account.segmentRuns.get(id)
  if (run === undefined) throw new ApiFailure(404, 10002, `Run does not exist: ${id}`)
  if (account.now() - run.startedAt < account.quirks.workMs) return ok({ run_id: id, status: 'running', result: null })
  const members = membersOf(account, segmentOf(account, String(run.segment)))
  if (run.list === undefined) {
    run.list = account.nextNumber++
    account.lists.set(run.list, {
      id: run.list,
      name: `Segment run ${id}`,
      created: account.now(),
      members: new Set(members.map((contact) => contact.id)),
    })
  }
  return ok({
    run_id: id,
    status: 'done',
    result: {
      contact_list_id: run.list,
      user_count: members.length,
      opt_in_count: members.filter((contact) => optedIn(account, contact)).length,
    },
  })
}

/** Segments. `GET /filter/{id}/delete` changes data, as in a live account. */
export const segmentRoutes = (app: FastifyInstance, account: Account): void => {
  const needs = (permission: string) => ({ config: { emarsysSwitch: `segment.${permission}` } })
  app.get('/filter', needs('list'), async () =>
    ok(
      [...account.segments.values()].map(({ id, name, created }) => ({
        id: String(id),
        name,
        created,
        predefined: '0',
      })),
    ),
  )
  app.put('/filter', needs('create'), async (request) => {
    const body = bodyOf(request)
    const name = textOf(body.name)
    if (name === '') throw new ApiFailure(400, 10001, 'Missing parameter: name')
    // Without criteria it holds everybody.
    const fields: string[] = []
    const matches =
      body.contactCriteria === undefined ? () => true : readCriteria(account, body.contactCriteria, fields)
    const id = account.nextNumber++
    account.segments.set(id, { id, name, created: accountTime(account.now()), matches, fields })
    record(account, 'segment.create', id, { name })
    return ok({ id })
  })
  app.get<One>('/filter/:id/delete', needs('delete'), async (request) => {
    const segment = segmentOf(account, request.params.id)
    account.segments.delete(segment.id)
    record(account, 'segment.delete', segment.id)
    return ok({})
  })
  const contacts = (id: string, query: URLSearchParams) => {
    const segment = segmentOf(account, id)
    const from = Number(query.get('offset') ?? 0) || 0
    const limit = Number(query.get('limit') ?? 10_000) || 10_000
    const members = membersOf(account, segment)
    const ids = members.map((contact) => String(contact.id))
    const opted = members.filter((contact) => optedIn(account, contact)).length
    return ok({ contact_ids: ids.slice(from, from + limit), opt_in_count: opted })
  }
  // The first look at a segment starts its evaluation.
  const evaluated = (id: string) => {
    const key = `contacts of ${id}`
    const seen = account.segmentRuns.get(key)
    if (seen === undefined) account.segmentRuns.set(key, { id: 0, segment: Number(id), startedAt: account.now() })
    return account.now() - (seen?.startedAt ?? account.now()) >= account.quirks.workMs
  }
  const working = { replyCode: 10001, replyText: 'The segment is being evaluated', data: '' }
  app.get<One>('/filter/:id/contacts', needs('contact.list'), async (request, reply) => {
    segmentOf(account, request.params.id)
    if (!evaluated(request.params.id)) return reply.code(202).send(working)
    return contacts(request.params.id, new URLSearchParams(request.url.split('?')[1] ?? ''))
  })
  app.get<One>('/filter/:id/contacts/count', needs('contact.count'), async (request, reply) => {
    const segment = segmentOf(account, request.params.id)
    if (!evaluated(request.params.id)) return reply.code(202).send(working)
    return ok(String(membersOf(account, segment).length))
  })
  // Older clients put the parameters into the path.
  app.get<One>('/filter/:id/contacts/*', needs('contact.list'), async (request, reply) => {
    segmentOf(account, request.params.id)
    if (!evaluated(request.params.id)) return reply.code(202).send(working)
    return contacts(request.params.id, new URLSearchParams(rawTail(request.url, '/contacts/').replace(/^\?/, '')))
  })
  app.post<One>('/filter/:id/runs', needs('run'), async (request) => {
    const segment = segmentOf(account, request.params.id)
    if (isBusy(account)) throw new ApiFailure(423, 10003, 'Another run by the same user is active')
    const id = account.nextNumber++
    const name = `run-${id}`
    account.segmentRuns.set(name, { id, segment: segment.id, startedAt: account.now() })
    record(account, 'segment.run', segment.id)
    return ok({ run_id: name })
  })
  app.get<One>('/filter/runs/:id', needs('run'), async (request) => status(account, request.params.id))
}
