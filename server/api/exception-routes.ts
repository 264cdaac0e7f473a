import { zstdDecompressSync } from 'node:zlib'
import {
  DismissRequest,
  ExceptionDetail,
  ExceptionList,
  ExceptionListQuery,
  ExceptionParams,
  ExceptionView,
} from '../contract/exceptions.ts'
import { WorkspaceParams } from '../contract/shared.ts'
import { dismissException, findException, listExceptions } from '../store/exceptions.ts'
import { type Keyring, open } from '../store/secrets.ts'
import { whoAsks } from './access.ts'
import { type Api, type AppParts, inTenant, pageOf } from './parts.ts'
import { ApiProblem, found } from './problems.ts'
import { viewException } from './views.ts'

const PAGE = 50
/** A record comes from one page of a read; this is far beyond any. */
const MAX_RECORD_BYTES = 64_000_000

export function exceptionRoutes(api: Api, parts: AppParts): void {
  const tags = ['exceptions']

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
      const { limit = PAGE, ...filter } = request.query
      const rows = await inTenant(parts, request, (tx, workspace) =>
        listExceptions(tx, workspace, { ...filter, limit: limit + 1 }),
      )
      return pageOf(rows, limit, viewException, ({ id }) => id)
    },
  )

  api.get(
    '/workspaces/:workspace/exceptions/:exception',
    {
      schema: {
        summary: 'Open an exception with its record',
        tags,
        params: ExceptionParams,
        response: { 200: ExceptionDetail },
      },
      config: { permission: 'exceptions.open' },
    },
    async (request) => {
      const { workspace, exception } = request.params
      const row = found(await inTenant(parts, request, (tx) => findException(tx, workspace, exception)), 'exception')
      return { ...viewException(row), record: openRecord(parts.keys, workspace, exception, row.record) }
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
      config: { permission: 'exceptions.dismiss', codes: ['EXCEPTION_CLOSED'] },
    },
    async (request) => {
      const { exception } = request.params
      const row = await inTenant(parts, request, async (tx, workspace) => {
        found(await findException(tx, workspace, exception), 'exception')
        const by = whoAsks(request).person.id
        const dismissed = await dismissException(tx, workspace, exception, by, request.body.reason)
        if (!dismissed) throw new ApiProblem('EXCEPTION_CLOSED')
        return findException(tx, workspace, exception)
      })
      return viewException(found(row, 'exception'))
    },
  )
}

function openRecord(
  keys: Keyring,
  workspace: string,
  id: string,
  sealed: Buffer,
): { readonly [field: string]: unknown } {
  const packed = open(keys, `exceptions/${workspace}/${id}`, sealed)
  const record: unknown = JSON.parse(zstdDecompressSync(packed, { maxOutputLength: MAX_RECORD_BYTES }).toString())
  return typeof record === 'object' && record !== null && !Array.isArray(record) ? { ...record } : { value: record }
}
