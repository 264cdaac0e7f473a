import type { DocumentPlace } from '../../store/period/period-documents.ts'
import { ApiProblem } from '../http/problems.ts'

/** After which document a page begins, as the text that `next` of a page is. */
export type Place = DocumentPlace & { readonly flow: string }

export const placeOf = ({ flow, target_id, document, currency }: Place): string =>
  Buffer.from(JSON.stringify([flow, target_id, document, currency])).toString('base64url')

export function placeIn(cursor: string): Place {
  try {
    const [flow, target_id, document, currency] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[]
    if (
      typeof flow === 'string' &&
      typeof target_id === 'number' &&
      Number.isSafeInteger(target_id) &&
      typeof document === 'string' &&
      typeof currency === 'string' &&
      !`${document}${currency}`.includes('\0')
    )
      return { flow, target_id, document, currency }
  } catch {
    // Not of ours: said below.
  }
  throw new ApiProblem('REQUEST_INVALID', 'The cursor is not the `next` of a page. Begin without one.')
}
