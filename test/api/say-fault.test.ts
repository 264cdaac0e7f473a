import { expect, test } from 'vitest'
import { Type } from 'typebox'
import { checkForm } from '../../server/api/http/check-requests.ts'

test('what is wrong with a value is said in words for people, not in those of a schema', () => {
  const schema = Type.Object({
    mail: Type.String({ format: 'email' }),
    name: Type.String({ pattern: '\\S' }),
    password: Type.String({ minLength: 12 }),
    day: Type.String({ format: 'date' }),
    count: Type.Integer({ minimum: 1 }),
    on: Type.Boolean(),
    role: Type.Enum(['owner', 'client']),
    tags: Type.Array(Type.String(), { maxItems: 1 }),
  })
  const given = {
    mail: 'x',
    name: ' ',
    password: 'a',
    day: 'soon',
    count: 0,
    on: 'yes',
    role: 'boss',
    tags: ['a', 'b'],
  }
  expect(checkForm(schema, given, 'body').map(({ field, message }) => `${field} ${message}`)).toEqual([
    'body.mail is no e-mail address',
    'body.name must not be empty',
    'body.password must have 12 characters or more',
    'body.day is no day such as 2026-11-28',
    'body.count must be 1 or more',
    'body.on must be true or false',
    'body.role must be one of: owner, client',
    'body.tags may have 1 entries at most',
  ])
})
