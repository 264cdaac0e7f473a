import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Account } from './account.ts'
import { record } from './account.ts'
import { rawTail } from './contact-reads.ts'
import { bodyOf } from './contact-routes.ts'
import { type Input, isRecord, textOf } from './contact-writes.ts'
import { ApiFailure, ok } from './envelope.ts'
import { callBack } from './export-callback.ts'
import { EXPORT_KINDS, type ExportKind } from './export-kinds.ts'
import { accountTime } from './lists.ts'
import { isLocalAddress } from './webhook-node.ts'

export type ExportJob = {
  readonly id: number
  readonly type: string
  readonly createdAt: number
  /** `local` files are fetched by the API; `ftp`, `sftp` and `mail` leave for elsewhere, in the sandbox for nowhere. */
  readonly method: string
  /** What was asked: the same again while it runs is refused. */
  readonly asked: string
  /** Titles of the columns, if they were wanted. */
  readonly header: string | undefined
  /** One line a contact or response, quoted where needed. */
  readonly rows: readonly string[]
  /** HTTP statuses that the callback met, 0 for no answer. */
  readonly callbacks: number[]
}

const cell = (value: string, delimiter: string): string =>
  value.includes(delimiter) || /["\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value

const fileOf = (account: Account, kind: ExportKind, body: Input): Pick<ExportJob, 'header' | 'rows'> => {
  const fields = Array.isArray(body.contact_fields) ? body.contact_fields.map(textOf) : []
  if (fields.length === 0) throw new ApiFailure(400, 10001, 'Invalid number of fields')
  const unknown = fields.filter((id) => !account.fields.has(id))
  if (unknown.length > 0) throw new ApiFailure(400, 10001, `Invalid contact field id: ${unknown.join(', ')}`)
  const delimiter = textOf(body.delimiter) || ','
  if (delimiter !== ',' && delimiter !== ';')
    throw new ApiFailure(400, 10001, `Invalid value for delimiter: ${delimiter}`)
  const line = (cells: readonly string[]) => cells.map((value) => cell(value, delimiter)).join(delimiter)
  const rows = kind.rows(account, body).map(({ contact, more }) =>
    line([
      String(contact.id),
      ...fields.map((id) => {
        const value = account.contacts.value(contact, id)
        return typeof value === 'string' ? value : (value ?? []).join('|')
      }),
      ...more,
    ]),
  )
  const names = fields.map((id) => account.fields.get(id)?.name ?? id)
  const header = line(['user_id', ...names, ...(kind.titles?.(body) ?? [])])
  return { header: String(body.add_field_names_header ?? 1) === '1' ? header : undefined, rows }
}

const isOver = (account: Account, job: ExportJob) => account.now() - job.createdAt >= account.quirks.workMs

const statusOf = (account: Account, job: ExportJob): string => {
  const { workMs, exportEnd } = account.quirks
  if (isOver(account, job)) return exportEnd === 'error' ? 'error' : 'done'
  const share = (account.now() - job.createdAt) / workMs
  if (share < 0.5) return 'scheduled'
  return share < 0.9 || exportEnd === 'error' ? 'in progress' : 'ready'
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

/** How the file leaves, with what that needs. */
const methodOf = (body: Input): string => {
  const method = textOf(body.distribution_method)
  if (!['local', 'ftp', 'sftp', 'mail'].includes(method))
    throw new ApiFailure(400, 10001, `Invalid distribution method: ${method}`)
  if (
    (method === 'ftp' || method === 'sftp') &&
    !(isRecord(body.ftp_settings) && textOf(body.ftp_settings.host) !== '')
  )
    throw new ApiFailure(400, 10001, 'Missing parameter: ftp_settings')
  if (method === 'mail' && textOf(body.email) === '') throw new ApiFailure(400, 10001, 'Missing parameter: email')
  return method
}

const start = (account: Account, request: FastifyRequest, kind: ExportKind) => {
  const body = bodyOf(request)
  const method = methodOf(body)
  const asked = JSON.stringify([kind.type, body])
  for (const job of account.exports.values())
    if (job.asked === asked && !isOver(account, job))
      throw new ApiFailure(400, 4001, 'An export with the same setting is currently running.')
  const file = fileOf(account, kind, body)
  const id = account.nextNumber++
  const job: ExportJob = { id, type: kind.type, createdAt: account.now(), method, asked, ...file, callbacks: [] }
  account.exports.set(id, job)
  record(account, 'export.start', id, { type: kind.type })
  tellWhenDone(account, job, body.notification_url)
  return ok({ id })
}

/** The callback has the body of the status. Only this machine is called. */
const tellWhenDone = (account: Account, job: ExportJob, url: unknown): void => {
  if (!isLocalAddress(url)) return
  setTimeout(() => {
    const body = () => JSON.stringify(ok(shown(account, job)))
    void callBack(
      url,
      body,
      () => account.quirks.callbackPauseMs,
      (status) => job.callbacks.push(status),
    )
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
  const status = statusOf(account, job)
  if (status === 'error') throw new ApiFailure(500, 4007, 'The export has failed')
  if (status !== 'done' && status !== 'ready') throw new ApiFailure(404, 4005, 'The export is not ready yet')
  if (account.quirks.exportEnd === 'expired') throw new ApiFailure(410, 4003, 'The file of the export has expired')
  if (job.method !== 'local') throw new ApiFailure(404, 4006, 'The file of the export is not here')
  const offset = Number(query.get('offset') ?? 0)
  const limit = Number(query.get('limit') ?? 1_000_000)
  const part = job.rows.slice(offset, offset + limit)
  const lines = offset === 0 && job.header !== undefined ? [job.header, ...part] : part
  reply.header('content-type', 'text/csv;charset=UTF-8')
  return reply.send(lines.map((line) => `${line}\r\n`).join(''))
}

/** Exports: a job is started, polled, and its file fetched in parts, without an envelope. */
export const exportRoutes = (app: FastifyInstance, account: Account): void => {
  for (const [path, kind] of Object.entries(EXPORT_KINDS))
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
