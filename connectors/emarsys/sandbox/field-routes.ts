import type { FastifyInstance } from 'fastify'
import type { Account } from './account.ts'
import { record } from './account.ts'
import { bodyOf } from './contact-routes.ts'
import { textOf } from './contact-writes.ts'
import { ApiFailure, ok } from './envelope.ts'
import type { Field } from './fields.ts'

const CREATABLE: readonly Field['application_type'][] = ['shorttext', 'longtext', 'largetext', 'date', 'url', 'numeric']

const list = (account: Account) =>
  ok(
    [...account.fields.values()].map(({ id, name, application_type, string_id }) => ({
      id,
      name,
      application_type,
      string_id,
    })),
  )

const choicesOf = (account: Account, id: string) => {
  const field = account.fields.get(id)
  if (field === undefined) throw new ApiFailure(400, 2006, `Invalid field id: ${id}`)
  return [...(field.choices ?? [])].map(([choice, label]) => ({ id: choice, choice: label, bit_position: null }))
}

const create = (account: Account, name: string, given: unknown, stringId: string) => {
  if (name === '') throw new ApiFailure(400, 9001, 'Field name is missing')
  const type = CREATABLE.find((known) => known === given)
  if (type === undefined) throw new ApiFailure(400, 9006, `Fields of this type cannot be created: ${textOf(given)}`)
  const string_id = stringId === '' ? name.toLowerCase().replace(/[^a-z0-9]+/g, '_') : stringId
  for (const field of account.fields.values())
    if (field.name.toLowerCase() === name.toLowerCase() || field.string_id === string_id)
      throw new ApiFailure(400, 9002, `Field name already exists: ${name}`)
  const id = account.nextNumber++
  account.fields.set(String(id), { id, name, application_type: type, string_id })
  record(account, 'field.create', id, { name })
  return ok({ id })
}

const checkLanguage = (language: string): void => {
  if (!/^[a-z]{2}(?:[-_][a-z]{2})?$/i.test(language)) throw new ApiFailure(400, 1002, 'Invalid language code')
}

/** Fields, their choices, contact sources, and account settings. */
export const fieldRoutes = (app: FastifyInstance, account: Account): void => {
  app.get('/field', { config: { emarsysSwitch: 'field.list' } }, async () => list(account))
  app.get<{ Params: { language: string } }>(
    '/field/translate/:language',
    { config: { emarsysSwitch: 'field.list' } },
    async (request) => {
      checkLanguage(request.params.language)
      return list(account)
    },
  )
  app.post('/field', { config: { emarsysSwitch: 'field.create' } }, async (request) => {
    const { name, application_type, string_id } = bodyOf(request)
    return create(account, textOf(name), application_type, textOf(string_id))
  })
  app.delete<{ Params: { id: string } }>(
    '/field/:id',
    { config: { emarsysSwitch: 'field.delete' } },
    async (request) => {
      const field = account.fields.get(request.params.id)
      if (field === undefined) throw new ApiFailure(400, 2006, `Invalid field id: ${request.params.id}`)
      if (field.id < 9000) throw new ApiFailure(400, 263, 'System fields cannot be deleted or edited.')
      const users = [...account.segments.values()].filter(({ fields }) => fields.includes(request.params.id))
      if (users.length > 0) {
        const names = users.map(({ name }) => name).join(', ')
        throw new ApiFailure(400, 261, `This field cannot be deleted. It is used in segments: ${names}`)
      }
      account.fields.delete(request.params.id)
      record(account, 'field.delete', field.id)
      return ok({})
    },
  )
  const choice = { config: { emarsysSwitch: 'field.singlechoice.get' } }
  type One = { Params: { id: string } }
  app.get<One>('/field/:id/choice', choice, async (request) => ok(choicesOf(account, request.params.id)))
  app.get<{ Params: { id: string; language: string } }>(
    '/field/:id/choice/translate/:language',
    choice,
    async (request) => {
      checkLanguage(request.params.language)
      return ok(choicesOf(account, request.params.id))
    },
  )
  app.get<{ Querystring: { fields?: string } }>('/field/choices', choice, async (request) =>
    ok(
      (request.query.fields ?? '')
        .split(',')
        .filter((id) => id !== '')
        .map((id) => ({ fieldId: Number(id), choices: choicesOf(account, id) })),
    ),
  )

  app.get('/source', async () => ok([...account.sources].map(([id, name]) => ({ id: String(id), name }))))
  app.post('/source/create', async (request) => {
    const name = textOf(bodyOf(request).name)
    if (name === '') throw new ApiFailure(400, 1006, 'Empty parameters')
    for (const [id, known] of account.sources) if (known === name) return ok({ id })
    const id = account.nextNumber++
    account.sources.set(id, name)
    record(account, 'source.create', id, { name })
    return ok({ id })
  })

  app.get('/settings', { config: { emarsysSwitch: 'customer.settings' } }, async () =>
    ok({
      id: '215000000',
      environment: 'suite.sandbox.invalid',
      timezone: 'Europe/Vienna',
      name: 'sandbox',
      password_history_queue_size: '1',
      country: 'Austria',
    }),
  )
}
