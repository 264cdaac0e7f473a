import { queryOptions } from '@tanstack/react-query'
import type { UnknownDetail } from '../../server/contract/effects.ts'
import type { ExceptionDetail } from '../../server/contract/exceptions.ts'
import { path, request } from '../request.ts'

/** Each answer has an entry in the audit log: without a reason it is not asked, and never again by itself. */
const once = (reason: string | undefined) => ({
  enabled: reason !== undefined,
  staleTime: Number.POSITIVE_INFINITY,
  gcTime: 0,
})

/** An exception with the values of its record. */
export const exceptionValuesQuery = (workspace: string, id: string, reason: string | undefined) =>
  queryOptions({
    queryKey: [workspace, 'exception-values', id, reason ?? null],
    queryFn: ({ signal }) =>
      request<ExceptionDetail>('POST', path`/workspaces/${workspace}/exceptions/${id}/reveal`, {
        body: { reason },
        signal,
      }),
    ...once(reason),
  })

/** An effect in doubt with the values of what was sent. */
export const unknownValuesQuery = (workspace: string, call: string, position: number, reason: string | undefined) =>
  queryOptions({
    queryKey: [workspace, 'unknown-values', call, position, reason ?? null],
    queryFn: ({ signal }) =>
      request<UnknownDetail>('POST', path`/workspaces/${workspace}/unknown-effects/${call}/${position}/reveal`, {
        body: { reason },
        signal,
      }),
    ...once(reason),
  })
