import { zstdCompressSync } from 'node:zlib'
import type { Transaction } from 'kysely'
import {
  DismissManyAnswer,
  DismissManyRequest,
  DismissRequest,
  ExceptionDetail,
  ExceptionList,
  ExceptionListQuery,
  ExceptionParams,
  ExceptionView,
  RetryAnswer,
  RetryOneRequest,
  RetryRequest,
  RevealExceptionRequest,
} from '../../contract/exceptions.ts'
import { WorkspaceParams } from '../../contract/shared.ts'
import {
  countDismissed,
  dismissExceptions,
  type ExceptionFilter,
  editException,
  findException,
  listExceptions,
} from '../../store/exception/exceptions.ts'
import { exceptionsWithWords, exceptionWords } from '../../store/exception/exception-texts.ts'
import { editPlace, exceptionPlace, openRecord, retryExceptions } from '../../store/exception/retries.ts'
import type { Database } from '../../store/database/schema.ts'
import { seal } from '../../store/key/secrets.ts'
import type { Reach } from '../../store/database/stretch.ts'
import { whoAsks } from '../http/access.ts'
import { errorFinder, newestThatShow, searchedPage } from '../view/error-text.ts'
import { HIDDEN, masked } from '../view/mask.ts'
import { notedLook } from '../http/noted-look.ts'
import { type Api, type AppParts, inTenant, pageOf } from '../http/parts.ts'
import { ApiProblem, found, isProblem } from '../http/problems.ts'
import { viewException } from '../view/views.ts'

const PAGE = 50
/** Why an exception is not tried again; each is a problem of its own when only one is meant. */
const LEFT = [
  'EXCEPTION_CLOSED',
  'EXCEPTION_RETRYING',
  'EXCEPTION_HELD',
  'UNKNOWN_FIRST',
  'NODE_GONE',
  'RERUN_INSTEAD',
  'FLOW_ARCHIVED',
] as const

export function exceptionRoutes(api: Api, parts: AppParts): void {
  const tags = ['exceptions']
  const recordOf = (workspace: string, row: OpenedException) =>
    openRecord(parts.keys, exceptionPlace(workspace, row.id), row.record)

  api.get(
    '/workspaces/:workspace/exceptions',
    {
      schema: {
        summary: 'List exceptions, newest first, without their records',
        tags,
        params: WorkspaceParams,
        querystring: ExceptionListQuery,
        response: { 200: ExceptionList },
      },
      config: { permission: 'exceptions.read' },
    },
    async (request) => {
      const { limit = PAGE, assigned: who, text, ...rest } = request.query
      const filter = { ...rest, assigned: who === 'me' ? whoAsks(request).person.id : who }
      const { rows, halt } = await inTenant(parts, request, async (tx, workspace) => {
        const { ids, halt } =
          text === undefined
            ? { ids: undefined, halt: undefined }
            : await showing(tx, workspace, text, filter, { limit: limit + 1, reach: parts.searchReach })
        return { rows: await listExceptions(tx, workspace, { ...filter, ids, limit: limit + 1 }), halt }
      })
      const page = pageOf(
        rows,
        limit,
        (row) => viewException(row, request),
        ({ id }) => id,
      )
      return searchedPage(page, halt)
    },
  )

  api.get(
    '/workspaces/:workspace/exceptions/:exception',
    {
      schema: {
        summary: 'Open an exception with its record, the values hidden',
        tags,
        params: ExceptionParams,
        response: { 200: ExceptionDetail },
      },
      config: { permission: 'exceptions.open' },
    },
    async (request) => {
      const { workspace, exception } = request.params
      const row = await inTenant(parts, request, (tx) => findException(tx, workspace, exception))
      const asked = found(row, 'exception')
      const record = recordOf(workspace, asked)
      // The shape of a record is a record.
      return { ...viewException(asked, request), record: masked(record) as typeof record, masked: true }
    },
  )

  api.post(
    '/workspaces/:workspace/exceptions/:exception/reveal',
    {
      schema: {
        summary: 'The same with the values of its record and all words, for a reason that the audit log keeps',
        tags,
        params: ExceptionParams,
        body: RevealExceptionRequest,
        response: { 200: ExceptionDetail },
      },
      config: { permission: 'payloads.reveal', whileClosing: true },
    },
    async (request) => {
      const { workspace, exception } = request.params
      const row = await notedLook(parts, request, async (tx) =>
        found(await findException(tx, workspace, exception), 'exception'),
      )
      const { message, remote, business_key: businessKey } = row
      const words = { message, remote, businessKey }
      return { ...viewException(row, request), ...words, record: recordOf(workspace, row), masked: false }
    },
  )

  api.post(
    '/workspaces/:workspace/exceptions/:exception/dismiss',
    {
      schema: {
        summary: 'Close an exception without sending its record',
        tags,
        params: ExceptionParams,
        body: DismissRequest,
        response: { 200: ExceptionView },
      },
      config: { permission: 'exceptions.dismiss', codes: ['EXCEPTION_CLOSED', 'EXCEPTION_RETRYING'] },
    },
    async (request) => {
      const { exception } = request.params
      const row = await inTenant(parts, request, async (tx, workspace) => {
        found(await findException(tx, workspace, exception), 'exception')
        const by = whoAsks(request).person.id
        const dismissed = await dismissExceptions(tx, workspace, { ids: [exception] }, by, request.body.reason)
        if (dismissed === 0) throw await tooLate(tx, workspace, exception)
        return findException(tx, workspace, exception)
      })
      return viewException(found(row, 'exception'), request)
    },
  )

  api.post(
    '/workspaces/:workspace/exceptions/:exception/retry',
    {
      schema: {
        summary: 'Try an exception again at the step where it failed, with another record where one is given',
        tags,
        params: ExceptionParams,
        body: RetryOneRequest,
        response: { 202: ExceptionView },
      },
      config: { permission: 'exceptions.retry', codes: [...LEFT] },
    },
    async (request, reply) => {
      const { exception } = request.params
      const { record, version } = request.body
      const place = record && hiddenPlace(record)
      if (place !== undefined) {
        throw new ApiProblem(
          'REQUEST_INVALID',
          `“record${place}” is hidden: what would be sent is “${HIDDEN}”. Show the values of the exception first, and give it as it is.`,
        )
      }
      const row = await inTenant(parts, request, async (tx, workspace) => {
        found(await findException(tx, workspace, exception), 'exception')
        const by = whoAsks(request).person.id
        const { left } = await retryExceptions(tx, { workspace, by, select: { ids: [exception] }, version })
        const [code] = Object.keys(left)
        if (code === 'EXCEPTION_CLOSED' || code === 'EXCEPTION_RETRYING') throw await tooLate(tx, workspace, exception)
        if (code !== undefined) throw new ApiProblem(isProblem(code) ? code : 'UNEXPECTED')
        if (record !== undefined) {
          const packed = zstdCompressSync(JSON.stringify(record))
          await editException(tx, workspace, exception, by, (edit) =>
            seal(parts.keys, editPlace(workspace, exception, edit), packed),
          )
        }
        return findException(tx, workspace, exception)
      })
      return reply.code(202).send(viewException(found(row, 'exception'), request))
    },
  )

  api.post(
    '/workspaces/:workspace/exceptions/retry',
    {
      schema: {
        summary: 'Try many exceptions again, in the order in which they came; `dry` only counts',
        tags,
        params: WorkspaceParams,
        body: RetryRequest,
        response: { 200: RetryAnswer },
      },
      config: { permission: 'exceptions.retry' },
    },
    async (request) => {
      const { select, version, dry } = request.body
      const by = whoAsks(request).person.id
      const answer = await inTenant(parts, request, (tx, workspace) =>
        retryExceptions(tx, { workspace, by, select, version, dry }),
      )
      return { ...answer, runs: [...answer.runs] }
    },
  )

  api.post(
    '/workspaces/:workspace/exceptions/dismiss',
    {
      schema: {
        summary: 'Close many exceptions without sending their records; `dry` only counts',
        tags,
        params: WorkspaceParams,
        body: DismissManyRequest,
        response: { 200: DismissManyAnswer },
      },
      config: { permission: 'exceptions.dismiss' },
    },
    async (request) => {
      const { select, reason, dry = false } = request.body
      const by = whoAsks(request).person.id
      if (!dry && reason === undefined) throw new ApiProblem('REQUEST_INVALID', 'body.reason is missing.')
      const dismissed = await inTenant(parts, request, (tx, workspace) =>
        dry || reason === undefined
          ? countDismissed(tx, workspace, select)
          : dismissExceptions(tx, workspace, select, by, reason),
      )
      return { dismissed }
    },
  )
}

/** Ids of the newest that fit and show the text in why they were set aside, as far as these were looked at. */
async function showing(
  tx: Transaction<Database>,
  workspace: string,
  text: string,
  filter: ExceptionFilter,
  { limit, reach }: { readonly limit: number; readonly reach: Reach | undefined },
): ReturnType<typeof newestThatShow> {
  const finder = errorFinder(text)
  // Words of ours may quote the key of the record, which the others of that cause do not have.
  const quotesKey = ({ message, business_key: key }: { message: string; business_key: string | null }) =>
    key !== null && key !== '' && message.includes(key)
  const causes = (await exceptionWords(tx, workspace)).filter(
    (one) => finder.mayHave(one.message, one.remote) || quotesKey(one),
  )
  if (causes.length === 0) return { ids: [], halt: undefined }
  const faults = causes.map(({ fault }) => fault)
  return newestThatShow(
    (cursor, most) =>
      exceptionsWithWords(tx, workspace, { filter: { ...filter, faults, cursor }, sought: finder.sought, most }),
    ({ message, remote }) => finder.has(message, remote),
    { cursor: filter.cursor, limit },
    reach,
  )
}

type OpenedException = NonNullable<Awaited<ReturnType<typeof findException>>>

/** Where a record was filled with what stands for hidden values, as a path; undefined: nowhere. */
function hiddenPlace(value: unknown): string | undefined {
  if (value === HIDDEN) return ''
  if (typeof value !== 'object' || value === null) return undefined
  for (const [name, inner] of Object.entries(value)) {
    const at = Array.isArray(value) ? `[${name}]` : `.${name}`
    if (name.startsWith(HIDDEN)) return at
    const within = hiddenPlace(inner)
    if (within !== undefined) return at + within
  }
  return undefined
}

/** Says who was first. */
async function tooLate(tx: Transaction<Database>, workspace: string, exception: string): Promise<ApiProblem> {
  const row = found(await findException(tx, workspace, exception), 'exception')
  if (row.state === 'retrying') return new ApiProblem('EXCEPTION_RETRYING')
  const how = row.state === 'dismissed' ? 'dismissed' : 'resolved'
  return new ApiProblem('EXCEPTION_CLOSED', `It was ${how} by ${row.resolved_by ?? 'the flow itself'} before.`)
}
