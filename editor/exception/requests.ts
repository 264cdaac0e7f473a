import type { CareAnswer, CareRequest, ExceptionGroups, ExceptionNotes } from '../../server/contract/exception-care.ts'
import type { ExceptionAge, ExceptionView } from '../../server/contract/exceptions.ts'
import { path, request } from '../request.ts'

type Signal = { readonly signal?: AbortSignal }

export type ExceptionsAsked = {
  readonly state?: ExceptionView['state'] | undefined
  readonly desk?: ExceptionView['desk'] | undefined
  readonly flow?: string | undefined
  readonly run?: string | undefined
  readonly code?: string | undefined
  readonly node?: string | undefined
  readonly fault?: string | undefined
  readonly assigned?: string | undefined
  readonly age?: ExceptionAge | undefined
  readonly key?: string | undefined
  readonly text?: string | undefined
}

export const careFor = (workspace: string, body: CareRequest) =>
  request<CareAnswer>('POST', path`/workspaces/${workspace}/exceptions/care`, { body })
export const exceptionNotes = (workspace: string, id: string, options: Signal = {}) =>
  request<ExceptionNotes>('GET', path`/workspaces/${workspace}/exceptions/${id}/notes`, options)
export const exceptionGroups = (
  workspace: string,
  query: { readonly desk?: ExceptionView['desk'] | undefined; readonly flow?: string | undefined },
  options: Signal = {},
) => request<ExceptionGroups>('GET', path`/workspaces/${workspace}/exceptions/groups`, { query, ...options })
