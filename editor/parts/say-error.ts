import { ApiError } from '../request.ts'

export type Said = {
  readonly title: string
  readonly detail: string
  readonly kind: 'offline' | 'forbidden' | 'missing' | 'refused' | 'broken'
  readonly reference: string | undefined
}

/** An error in words: what happened, and what to do. Anything that is not the server's answer is a fault of this page. */
export function sayError(error: unknown): Said {
  if (!(error instanceof ApiError)) {
    return {
      title: 'This page has a fault',
      detail: error instanceof Error ? error.message : 'Something unforeseen happened. Load the page again.',
      kind: 'broken',
      reference: undefined,
    }
  }
  const reference = error.reference
  if (error.status === 0) {
    return {
      title: error.message,
      detail: `${error.detail} It is tried again when you are back.`,
      kind: 'offline',
      reference,
    }
  }
  if (error.code === 'NOT_ALLOWED') {
    return {
      title: 'Your role does not include this',
      detail:
        error.detail || 'Your role in this workspace does not include it. An owner of the workspace can change that.',
      kind: 'forbidden',
      reference,
    }
  }
  if (error.status === 404) {
    return {
      title: 'This is not here',
      detail: `${error.detail} It was removed, or the address is of another workspace.`.trim(),
      kind: 'missing',
      reference,
    }
  }
  if (error.status >= 500) {
    return {
      title: 'Tieline could not answer',
      detail:
        error.detail ||
        'Nothing was changed that you can see here. Try again; if it stays, tell an operator the reference.',
      kind: 'broken',
      reference,
    }
  }
  return { title: error.message, detail: error.detail, kind: 'refused', reference }
}
