import { fastify } from 'fastify'
import Type from 'typebox'
import { expect, test } from 'vitest'
import { writeAnswers } from '../../server/api/http/write-answers.ts'

const Shown = Type.Object({ id: Type.String() })

test('only the fields of a route’s schema are written, the first time and after it', async () => {
  const api = fastify({ schemaController: { compilersFactory: { buildSerializer: writeAnswers } } })
  const one = { id: 'a', secret: 'b' }
  api.get('/one', { schema: { response: { 200: Shown } } }, () => one)
  for (let time = 0; time < 2; time++) expect((await api.inject('/one')).body).toBe('{"id":"a"}')
  await api.close()
})

test('a schema that nobody can write is an error of the request that meets it', async () => {
  const api = fastify({ schemaController: { compilersFactory: { buildSerializer: writeAnswers } } })
  api.get(
    '/one',
    { schema: { response: { 200: { type: 'object', properties: { id: { $ref: 'nowhere#' } } } } } },
    () => ({ id: 'a' }),
  )
  api.get('/two', { schema: { response: { 200: Shown } } }, () => ({ id: 'a' }))
  expect((await api.inject('/one')).statusCode).toBe(500)
  expect((await api.inject('/two')).statusCode).toBe(200)
  await api.close()
})
