import type { FastifyReply } from 'fastify'
import type { Answer } from './answers.ts'

export function send(reply: FastifyReply, answer: Answer): FastifyReply {
  reply.code(answer.status)
  if (answer.headers) reply.headers(answer.headers)
  if (answer.type) reply.type(answer.type)
  // An empty text would still be given a content type; an empty answer has none.
  return answer.body === '' ? reply.send() : reply.send(answer.body)
}
