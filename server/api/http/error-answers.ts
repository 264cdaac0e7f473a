import { STATUS_CODES } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FieldProblem, ProblemDetails } from '../../contract/shared.ts'
import { isDatabaseLost, isDeadlock, isDiskFull } from '../../store/database/database-lost.ts'
import { type Fault, meantFaults } from './meant-faults.ts'
import type { Api } from './parts.ts'
import { sayFault } from './say-fault.ts'
import { ApiProblem, PROBLEMS, type ProblemName } from './problems.ts'

/** Detail of a NOT_READY. */
export const DISK_FULL =
  'The disk of the database is full, so nothing can be kept. What was acknowledged is not lost. Make room, and it goes on by itself.'

/** Detail of a NOT_READY, before it comes to that. */
export const DISK_NEARLY_FULL =
  'The disk of the database is nearly full, so no events are taken. What was acknowledged is not lost. Make room, and it goes on by itself.'

/** What was there when it was looked for, and is gone or taken now: asked once more, it gets its own answer. */
const AT_ONCE = 'Somebody changed the same thing at the same moment. Try again.'

/** Every error becomes `application/problem+json` here; what nobody foresaw says nothing of the inside. */
export function answerErrors(api: Api): void {
  api.setErrorHandler((error, request, reply) => sendProblem(request, reply, toProblem(error)))
}

export function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: ApiProblem): FastifyReply {
  const { status, title } = PROBLEMS[problem.code]
  if (status >= 500) request.log.error({ err: problem.cause ?? problem, code: problem.code }, 'request failed')
  const { problems, current, retryAfterSeconds } = problem.extras
  const body: ProblemDetails = {
    type: `/docs#${problem.code}`,
    title,
    status,
    code: problem.code,
    detail: problem.message,
    requestId: request.id,
    // Both lists that are given here are of the contract's types; the class only carries them.
    ...(problems ? { problems: problems as NonNullable<ProblemDetails['problems']> } : {}),
    ...(current === undefined ? {} : { current }),
  }
  if (status === 401 && problem.code !== 'SENDER_UNPROVEN') reply.header('www-authenticate', 'Bearer')
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds))
  return reply.code(status).type('application/problem+json').serializer(JSON.stringify).send(body)
}

/** Codes of Fastify, PostgreSQL and sockets that have an answer of their own. */
const KNOWN: { readonly [code: string]: readonly [ProblemName, string?] } = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['BODY_TOO_LARGE'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['NOT_JSON'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['BODY_MALFORMED', 'The body is not as long as its content-length says.'],
  '22P05': ['REQUEST_INVALID', 'A text holds a character that cannot be kept, such as U+0000. Take it out.'],
  '22P02': [
    'REQUEST_INVALID',
    'A text holds a character that cannot be kept, such as half a surrogate pair. Take it out.',
  ],
  '22021': ['REQUEST_INVALID', 'A text holds a character that cannot be kept, such as U+0000. Take it out.'],
  '22003': ['REQUEST_INVALID', 'A number is larger than any that is kept. Give a smaller one.'],
  '22007': ['REQUEST_INVALID', 'A day or a time is none that there is. Look at it again.'],
  '22008': ['REQUEST_INVALID', 'A day or a time is farther away than any that is kept. Give one that is nearer.'],
  '57014': ['TOO_SLOW'],
}

function toProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error
  if (!(error instanceof Error)) return new ApiProblem('UNEXPECTED', undefined, { cause: error })
  if ('validation' in error && Array.isArray(error.validation)) return invalid(error)
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const known = Object.hasOwn(KNOWN, code) ? KNOWN[code] : undefined
  if (known) return new ApiProblem(known[0], known[1], { cause: error })
  if (isDatabaseLost(error)) return databaseLost(error)
  const constraint = 'constraint' in error ? error.constraint : undefined
  if (constraint === 'second_person') return new ApiProblem('APPROVAL_NEEDED', undefined, { cause: error })
  if (constraint === 'approvals_approver')
    return new ApiProblem('NOT_ALLOWED', 'You may not approve here any more.', { cause: error })
  if (constraint === 'approvals_second_person') return new ApiProblem('SAME_PERSON', undefined, { cause: error })
  if (code === '23503' || code === '23505') {
    return new ApiProblem('NOT_READY', AT_ONCE, { cause: error, retryAfterSeconds: 1 })
  }
  const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500
  if (status >= 400 && status < 500) {
    return new ApiProblem(status === 404 ? 'NOT_FOUND' : 'REQUEST_INVALID', STATUS_CODES[status], { cause: error })
  }
  return new ApiProblem('UNEXPECTED', undefined, { cause: error })
}

/** Where it was lost within a commit nobody here knows whether that was done. */
function databaseLost(cause: Error): ApiProblem {
  const detail = isDiskFull(cause)
    ? DISK_FULL
    : isDeadlock(cause)
      ? AT_ONCE
      : 'The database went away, or has no connection left. Try again shortly; look first whether a change was kept.'
  return new ApiProblem('NOT_READY', detail, { cause, retryAfterSeconds: 5 })
}

function invalid(error: Error): ApiProblem {
  // Fastify sets both on errors of its validators.
  const { validation, validationContext } = error as unknown as {
    validation: readonly Fault[]
    validationContext?: string
  }
  const part = validationContext === 'querystring' ? 'query' : (validationContext ?? 'body')
  // That none of several kinds fits, or that null would, says nothing beside what a value has to be.
  const meant = meantFaults(validation)
  const said = meant.filter(({ keyword, params }) => keyword !== 'anyOf' && params?.['type'] !== 'null')
  const telling = said.length > 0 ? said : meant
  const problems = telling.map((fault) => toField(part, fault))
  const detail = problems.map(({ field, message }) => `${field} ${message}`).join('; ')
  return new ApiProblem('REQUEST_INVALID', `${detail}.`, { problems })
}

export function toField(part: string, fault: Fault): FieldProblem {
  const path = (fault.instancePath ?? '').split('/').filter(Boolean)
  const { additionalProperty, missingProperty, allowedValues } = fault.params ?? {}
  if (typeof additionalProperty === 'string') {
    return { field: [part, ...path, additionalProperty].join('.'), message: 'is not a known field' }
  }
  if (typeof missingProperty === 'string')
    return { field: [part, ...path, missingProperty].join('.'), message: 'is missing' }
  if (Array.isArray(allowedValues)) {
    return { field: [part, ...path].join('.'), message: `must be one of: ${allowedValues.join(', ')}` }
  }
  return { field: [part, ...path].join('.'), message: sayFault(fault) }
}
