import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Account } from './account.ts'
import { record } from './account.ts'
import { rawTail } from './contact-reads.ts'
import { bodyOf } from './contact-routes.ts'
import { type Input, textOf } from './contact-writes.ts'
import type { Contact } from './contacts.ts'
import { ApiFailure, ok } from './envelope.ts'
import { accountTime } from './lists.ts'
import { isLocalAddress } from './webhook-node.ts'

export type ExportJob = {
  readonly id: number
  readonly type: string
  readonly createdAt: number
  /** What was asked: the same again while it runs is refused. */
  readonly asked: string
  /** With the header first, if it was wanted. Rows have quotes where needed, and CRLF between them. */
  readonly lines: readonly string[]
  told: boolean
}

type Kind = { readonly type: string; readonly permission: string; of(account: Account, body: Input): Contact[] }

const KINDS: { readonly [path: string]: Kind } = {
  '/contact/getchanges': {
    type: 'changes',
    permission: 'export.contact.changed',
    of: (account, body) => {
      const range = Array.isArray(body.time_range) ? body.time_range.map((at) => textOf(at).slice(0, 10)) : []
      const [from, to] = range
      if (range.length !== 2 || from === undefined || to === undefined)
        throw new ApiFailure(400, 10001, 'Invalid data format for time_range. Array size must be 2')
      if (from > to)
        throw new ApiFailure(400, 10001, 'Invalid value for end_date: end_date is earlier than the start_date')
      const changed = new Set(
        account.ledger
          .filter((entry) => entry.kind === 'contact.create' || entry.kind === 'contact.update')
          .filter((entry) => {
            const day = accountTime(entry.at).slice(0, 10)
            return day >= from && day <= to
          })
          .map((entry) => entry.id),
      )
      return [...account.contacts.all()].filter((contact) => changed.has(contact.id))
    },
  },
  '/email/getcontacts': {
    type: 'contactlist',
    permission: 'export.contactlist',
    of: (account, body) => {
      const list = account.lists.get(Number(textOf(body.contactlist)))
      if (list === undefined) throw new ApiFailure(400, 3004, 'Invalid contact list id')
      return [...account.contacts.all()].filter((contact) => list.members.has(contact.id))
    },
  },
  '/export/filter': {
    type: 'segment',
    permission: 'export.segment',
    of: (account, body) => {
      const segment = account.segments.get(Number(textOf(body.filter)))
      if (segment === undefined) throw new ApiFailure(404, 10002, 'Segment does not exist')
      return [...account.contacts.all()].filter((contact) => segment.matches(account, contact))
    },
  },
}

const cell = (value: string, delimiter: string): string =>
  value.includes(delimiter) || /["\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value

const linesOf = (account: Account, contacts: readonly Contact[], body: Input): string[] => {
  const fields = Array.isArray(body.contact_fields) ? body.contact_fields.map(textOf) : []
  if (fields.length === 0) throw new ApiFailure(400, 10001, 'Invalid number of fields')
  const unknown = fields.filter((id) => !account.fields.has(id))
  if (unknown.length > 0) throw new ApiFailure(400, 10001, `Invalid contact field id: ${unknown.join(', ')}`)
  const delimiter = textOf(body.delimiter) || ','
  if (delimiter !== ',' && delimiter !== ';')
    throw new ApiFailure(400, 10001, `Invalid value for delimiter: ${delimiter}`)
  const line = (cells: readonly string[]) => cells.map((value) => cell(value, delimiter)).join(delimiter)
  const rows = contacts.map((contact) =>
    line([
      String(contact.id),
      ...fields.map((id) => {
        const value = account.contacts.value(contact, id)
        return typeof value === 'string' ? value : (value ?? []).join('|')
      }),
    ]),
  )
  const header = line(['user_id', ...fields.map((id) => account.fields.get(id)?.name ?? id)])
  return String(body.add_field_names_header ?? 1) === '1' ? [header, ...rows] : rows
}

const statusOf = (account: Account, job: ExportJob): string => {
  const age = account.now() - job.createdAt
  const { workMs } = account.quirks
  if (age < workMs / 2) return 'scheduled'
  return age < workMs ? 'in progress' : 'done'
}

const shown = (account: Account, job: ExportJob) => ({
  id: String(job.id),
  // Vienna time, as in a live account: read as UTC it would lie in the future.
  created: accountTime(job.createdAt),
  status: statusOf(account, job),
  type: job.type,
  file_name: `export_${job.type}_${job.id}.csv`,
  ftp_host: null,
  ftp_dir: null,
})

const start = (account: Account, request: FastifyRequest, kind: Kind) => {
  const body = bodyOf(request)
  const method = textOf(body.distribution_method)
  if (method !== 'local') throw new ApiFailure(400, 10001, `Invalid distribution method: ${method}`)
  const asked = JSON.stringify([kind.type, body])
  for (const job of account.exports.values())
    if (job.asked === asked && statusOf(account, job) !== 'done')
      throw new ApiFailure(400, 4001, 'An export with the same setting is currently running.')
  const id = account.nextNumber++
  const lines = linesOf(account, kind.of(account, body), body)
  const job: ExportJob = { id, type: kind.type, createdAt: account.now(), asked, lines, told: false }
  account.exports.set(id, job)
  record(account, 'export.start', id, { type: kind.type })
  tellWhenDone(account, job, body.notification_url)
  return ok({ id })
}

/** The callback has the body of the status. Only this machine is called. */
const tellWhenDone = (account: Account, job: ExportJob, url: unknown): void => {
  if (!isLocalAddress(url)) return
  setTimeout(() => {
    job.told = true
    fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(ok(shown(account, job))),
      signal: AbortSignal.timeout(5000),
    }).catch(() => undefined)
  }, account.quirks.workMs).unref()
}

const jobOf = (account: Account, id: string): ExportJob => {
  const job = account.exports.get(Number(id))
  if (job === undefined) throw new ApiFailure(404, 4004, `No export with this id: ${id}`)
  return job
}

/** Lines from `offset` on, which counts contacts: the header stands in every part that begins at 0. */
const data = (account: Account, reply: FastifyReply, id: string, query: URLSearchParams) => {
  const job = jobOf(account, id)
  if (statusOf(account, job) !== 'done') throw new ApiFailure(404, 4005, 'The export is not ready yet')
  const offset = Number(query.get('offset') ?? 0)
  const limit = Number(query.get('limit') ?? 1_000_000)
  const [header = '', ...rows] = job.lines
  const part = rows.slice(offset, offset + limit)
  const lines = offset === 0 ? [header, ...part] : part
  reply.header('content-type', 'text/csv;charset=UTF-8')
  return reply.send(lines.map((line) => `${line}\r\n`).join(''))
}

/** Exports: a job is started, polled, and its file fetched in parts, without an envelope. */
export const exportRoutes = (app: FastifyInstance, account: Account): void => {
  for (const [path, kind] of Object.entries(KINDS))
    app.post(path, { config: { emarsysSwitch: kind.permission } }, async (request) => start(account, request, kind))
  type One = { Params: { id: string } }
  app.get<One>('/export/:id', { config: { emarsysSwitch: 'export.status' } }, async (request) =>
    ok(shown(account, jobOf(account, request.params.id))),
  )
  const download = { config: { emarsysSwitch: 'export.download' } }
  app.get<One>('/export/:id/data', download, async (request, reply) =>
    data(account, reply, request.params.id, new URLSearchParams(request.url.split('?')[1] ?? '')),
  )
  // Older clients put the parameters into the path.
  app.get<One>('/export/:id/data/*', download, async (request, reply) =>
    data(account, reply, request.params.id, new URLSearchParams(rawTail(request.url, '/data/').replace(/^\?/, ''))),
  )
}
