import type { Context, Cursor, DataRecord, Page } from '../../kit/connector.ts'
import { StepError } from '../../kit/errors.ts'
import { fieldsOf, textOf } from '../../kit/fields.ts'
import { call, textCall } from '../client/client.ts'
import { parseDelimited } from './delimited.ts'

/** What an export is asked for, beside what all of them say. */
export type ExportAsk = { readonly path: string; readonly json: object }

type Job = {
  readonly permissions: readonly string[]
  ask(): Promise<ExportAsk>
  /** Of a line without the contact's number: its cells, in the order asked. */
  record(id: string, cells: readonly string[]): DataRecord
  /** How many cells a line has after the contact's number. */
  readonly columns: number
}

/** Lines of one part of the file. */
const PART = 1000
const DELIMITER = ','

/**
 * An export: a job is started, waited for, and its file read part by part, so that neither side holds all of it. The
 * job's number is the cursor of an empty page, so that a crash in between does not start another.
 * `GET /export/{id}/data?offset&limit` answers CSV without an envelope; offset counts lines, the header stands
 * before the first; https://dev.emarsys.com, “Download export data”.
 */
export async function* readExport(context: Context, from: Cursor | undefined, job: Job): AsyncGenerator<Page> {
  if (from?.done === true) return
  const { permissions, columns } = job
  let id = textOf(from?.export)
  let offset = Number(textOf(from?.offset))
  if (id === '') {
    id = await start(context, await job.ask(), permissions)
    yield { records: [], cursor: { export: id, offset } }
  }
  if (from?.ready !== true) await checkReady(context, id, permissions)
  for (;;) {
    const text = await textCall(context, {
      method: 'GET',
      path: `/export/${id}/data`,
      query: { offset, limit: PART },
      doing: 'read an export',
      permissions,
    })
    const rows = parseDelimited(text, DELIMITER)
    if (offset === 0) checkHeader(rows[0], columns)
    const lines = offset === 0 ? rows.slice(1) : rows
    offset += lines.length
    const last = lines.length < PART
    yield { ...recordsOf(job, lines), cursor: last ? { done: true } : { export: id, offset, ready: true } }
    if (last) return
  }
}

/** @throws REPLY_UNREADABLE where every line would be wrong */
function checkHeader(header: readonly string[] | undefined, columns: number): void {
  if (header === undefined || header.length === columns + 1) return
  throw new StepError(
    'REPLY_UNREADABLE',
    `The export has ${header.length} columns where ${columns + 1} were asked for.`,
  )
}

/** A line that is not as the others costs itself. */
function recordsOf(job: Job, lines: readonly (readonly string[])[]): Pick<Page, 'records' | 'refused'> {
  const records: DataRecord[] = []
  const refused: NonNullable<Page['refused']>[number][] = []
  for (const line of lines) {
    if (line.length === job.columns + 1) records.push(job.record(line[0] ?? '', line.slice(1)))
    else {
      const message = `A line of the export has ${line.length} columns where ${job.columns + 1} were asked for.`
      refused.push({ record: { id: line[0] ?? '', cells: line }, code: 'FIELD_UNEXPECTED', message })
    }
  }
  return { records, refused }
}

async function start(context: Context, { path, json }: ExportAsk, permissions: readonly string[]): Promise<string> {
  const data = await call(context, {
    method: 'POST',
    path,
    json: { distribution_method: 'local', ...json, delimiter: DELIMITER, add_field_names_header: 1, language: 'en' },
    doing: 'export contacts',
    permissions,
  })
  const id = textOf(fieldsOf(data).id)
  if (id === '') throw new StepError('REPLY_UNREADABLE', 'Emarsys did not name the export it began.')
  return id
}

/** @throws STILL_WORKING until the file is there */
async function checkReady(context: Context, id: string, permissions: readonly string[]): Promise<void> {
  const path = `/export/${id}`
  const data = await call(context, { method: 'GET', path, doing: 'look at an export', permissions })
  const status = textOf(fieldsOf(data).status)
  if (status === 'done' || status === 'ready') return
  if (status === 'error')
    throw new StepError('CONFIG_INVALID', `Emarsys could not make export ${id}. Look at it there.`)
  throw new StepError('STILL_WORKING', `Emarsys is still making export ${id} (${status}).`, { retryAfterMs: 5000 })
}
