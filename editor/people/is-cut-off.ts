import { ApiError } from '../request.ts'

/** A link whose secret was not copied whole: the server takes it for no secret at all. */
export const isCutOff = (error: unknown): boolean =>
  error instanceof ApiError &&
  error.code === 'REQUEST_INVALID' &&
  error.problems.some((problem) => 'field' in problem && problem.field === 'body.token')

export const CUT_OFF = {
  title: 'This link is not whole',
  detail: 'Open the whole link, with everything behind the “#”.',
} as const
