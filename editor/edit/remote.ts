import type { Draft } from '../../server/contract/flows.ts'
import * as api from '../api.ts'
import type { Answer } from '../draft/session.ts'
import type { Flow } from '../../server/flow/document/flow.ts'
import { ApiError } from '../request.ts'

/** Sends a draft to the server, and says in the words of the session what came of it. */
export async function sendDraft(
  workspace: string,
  flow: string,
  document: Flow,
  revision: number,
  onRefused: (error: ApiError) => void,
): Promise<Answer> {
  try {
    return { is: 'saved', draft: await api.saveDraft(workspace, flow, document, revision) }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    if (error.code === 'DRAFT_CONFLICT' && isDraft(error.body['current']))
      return { is: 'overtaken', draft: error.body['current'] }
    if (error.status === 401) return { is: 'signed-out' }
    if (error.status === 0 || error.status === 429 || error.status >= 500) return { is: 'offline' }
    onRefused(error)
    return { is: 'refused', why: error.detail || error.message }
  }
}

const isDraft = (value: unknown): value is Draft =>
  typeof value === 'object' && value !== null && 'document' in value && 'revision' in value
