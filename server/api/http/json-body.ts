import type { IncomingMessage } from 'node:http'
import type { FastifyRequest } from 'fastify'
import { scanJson } from '../../flow/schema/json.ts'
import { MAX_DEPTH } from '../../flow/document/read.ts'
import type { Api } from './parts.ts'
import { ApiProblem } from './problems.ts'
import { readBody, textOf } from './read-body.ts'

/** In bytes. */
export const MAX_BODY = 1_000_000
/** Where nobody has to say who they are: names, addresses, passwords. A megabyte of numbers takes half a second to read. */
const MAX_OF_ANYBODY = 16_000
const isOpen = ({ routeOptions }: FastifyRequest) => routeOptions.config.permission === 'public'
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype'])

/** Only JSON is taken, and what is nested too deep or reaches for prototypes is turned away before it is used. */
export function takeOnlyJson(api: Api): void {
  api.removeAllContentTypeParsers()
  api.addContentTypeParser('application/json', async (request: FastifyRequest, payload: IncomingMessage) =>
    parseBody(textOf(await readBody(request, payload, isOpen(request) ? MAX_OF_ANYBODY : MAX_BODY))),
  )
}

/** For routes whose body is a flow document: its text goes on as it came, for `readFlow` to judge. */
export function takeText(api: Api, bodyLimit: number): void {
  api.removeContentTypeParser('application/json')
  api.addContentTypeParser('application/json', async (request: FastifyRequest, payload: IncomingMessage) =>
    withoutNul(textOf(await readBody(request, payload, bodyLimit))),
  )
}

/** PostgreSQL keeps no U+0000 in a text: what is sent is refused, not half kept. */
function withoutNul(text: string): string {
  if (/(?:^|[^\\])(?:\\\\)*\\u0000/.test(text))
    throw new ApiProblem(
      'REQUEST_INVALID',
      'A text in the body holds the character U+0000, which cannot be kept. Leave it out.',
    )
  return text
}

function parseBody(text: string): unknown {
  if (withoutNul(text).trim() === '') return undefined
  const fault = scanJson(text, MAX_DEPTH)
  if (fault) throw new ApiProblem('BODY_MALFORMED', fault.message)
  return JSON.parse(text, (name, value: unknown) => {
    if (FORBIDDEN.has(name))
      throw new ApiProblem('BODY_MALFORMED', `The name “${name}” is not taken anywhere in a body.`)
    return value
  })
}
