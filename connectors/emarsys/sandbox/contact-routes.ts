import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Account } from './account.ts'
import { record } from './account.ts'
import type { Contact } from './contacts.ts'
import {
  deleteContact,
  findOne,
  type Input,
  isRecord,
  keyFieldOf,
  type Mode,
  textOf,
  writeContact,
} from './contact-writes.ts'
import { addError, ApiFailure, type Errors, errorsPart, ok, singleFailure } from './envelope.ts'
import { plannedFailure } from './faults.ts'
import type { ContactList } from './lists.ts'

/** Most records of one call, of every kind but contact lists. */
export const MOST_RECORDS = 1000
const MEGABYTE = 1024 * 1024

export const bodyOf = (request: FastifyRequest): Input => {
  if (!isRecord(request.body) || Object.keys(request.body).length === 0)
    throw new ApiFailure(400, 1006, 'Empty parameters')
  return request.body
}

/** A list of texts or numbers from the body, or the refusal Emarsys has for it. */
export const keysOf = (value: unknown, most: number, tooManyCode: number): string[] => {
  if (!Array.isArray(value)) throw new ApiFailure(400, 2003, 'Array expected')
  if (value.length > most) throw new ApiFailure(400, tooManyCode, `Too many external ids: more than ${most}`)
  return value.map(textOf)
}

const putOnList = (account: Account, list: ContactList, ids: readonly number[]): void => {
  for (const id of ids) list.members.add(id)
  record(account, 'list.add', list.id, { contacts: ids })
}

const write = (account: Account, request: FastifyRequest, mode: Mode) => {
  const body = bodyOf(request)
  const keyField = keyFieldOf(account, body)
  if (mode === 'create' && (keyField === 'id' || keyField === 'uid'))
    throw new ApiFailure(400, 2004, `Invalid key field id: ${keyField}`)
  const list = body.contact_list_id === undefined ? undefined : account.lists.get(Number(body.contact_list_id))
  if (body.contact_list_id !== undefined && list === undefined)
    throw new ApiFailure(400, 1008, 'Contact list does not exist')
  if (!Array.isArray(body.contacts)) {
    const planned = plannedFailure(request.fault, textOf(body[keyField]), 0)
    const written = planned ?? writeContact(account, mode, keyField, body)
    // A single create that meets an existing contact answers 2006 where a batch says 2009.
    if ('code' in written)
      throw singleFailure(account.quirks, written.code === 2009 ? { ...written, code: 2006 } : written)
    const { id } = written.contact
    if (list !== undefined) putOnList(account, list, [id])
    return mode === 'create' ? ok({ id }) : ok({ ids: [written.existed ? String(id) : id] })
  }
  if (body.contacts.length > MOST_RECORDS) throw new ApiFailure(400, 1000, `Batch size exceeds ${MOST_RECORDS}`)
  const ids: (string | number)[] = []
  const added: number[] = []
  const errors: Errors = {}
  for (const [position, input] of body.contacts.entries()) {
    const key = isRecord(input) ? textOf(input[keyField]) : ''
    const written = plannedFailure(request.fault, key, position) ?? writeContact(account, mode, keyField, input)
    if ('code' in written) {
      addError(errors, key, written)
      continue
    }
    // Text for a contact that existed, number for a new one: nobody should depend on it.
    ids.push(written.existed ? String(written.contact.id) : written.contact.id)
    if (list !== undefined) added.push(written.contact.id)
  }
  if (list !== undefined) putOnList(account, list, added)
  return ok({ ids, ...errorsPart(account.quirks, errors, 'absent') })
}

const remove = (account: Account, request: FastifyRequest) => {
  const body = bodyOf(request)
  const keyField = keyFieldOf(account, body)
  const listId = body.contact_list_id
  const list = listId === undefined ? undefined : account.lists.get(Number(listId))
  if (listId !== undefined && list === undefined) throw new ApiFailure(400, 3004, 'Invalid contact list id')
  const given = body[keyField]
  const keys = Array.isArray(given) ? keysOf(given, MOST_RECORDS, 2002) : [textOf(given)]
  const errors: Errors = {}
  for (const [position, key] of keys.entries()) {
    const found = plannedFailure(request.fault, key, position) ?? findOne(account, keyField, key)
    const failure =
      'code' in found
        ? found
        : list !== undefined && !list.members.has(found.id)
          ? { code: 2008, text: `No contact found with the external id: ${keyField}` }
          : undefined
    if (failure !== undefined) {
      if (!Array.isArray(given)) throw new ApiFailure(failure.code === 2008 ? 404 : 400, failure.code, failure.text)
      addError(errors, key, failure)
    } else deleteContact(account, found as Contact) // no failure: it was found
  }
  return Array.isArray(given) ? ok({ errors }) : ok({})
}

const merge = (account: Account, request: FastifyRequest) => {
  const body = bodyOf(request)
  const keyField = keyFieldOf(account, body)
  const source = findOne(account, keyField, textOf(body.source_key_value))
  const target = findOne(account, keyField, textOf(body.target_key_value))
  if ('code' in source) throw singleFailure(account.quirks, source)
  if ('code' in target) throw singleFailure(account.quirks, target)
  const rules = isRecord(body.merge_rules) ? body.merge_rules : {}
  for (const [field, rule] of Object.entries(rules)) {
    const value = account.contacts.value(source, field)
    const empty = account.contacts.value(target, field) === undefined
    if (value !== undefined && account.fields.has(field) && (rule === 'overwrite' || empty))
      account.contacts.set(target, field, value)
  }
  record(account, 'contact.merge', target.id, { source: source.id })
  if (body.delete_source === true) deleteContact(account, source)
  return ok({})
}

/** Create, update, upsert, merge and delete. */
export const contactWriteRoutes = (app: FastifyInstance, account: Account): void => {
  const update = { config: { emarsysSwitch: 'contact.update' }, bodyLimit: 8 * MEGABYTE }
  app.post('/contact', { config: { emarsysSwitch: 'contact.create' }, bodyLimit: 10 * MEGABYTE }, async (request) =>
    write(account, request, 'create'),
  )
  app.put<{ Querystring: { create_if_not_exists?: string } }>('/contact', update, async (request) =>
    write(account, request, request.query.create_if_not_exists === '1' ? 'upsert' : 'update'),
  )
  // Older clients put the parameter into the path.
  app.put('/contact/create_if_not_exists=1', update, async (request) => write(account, request, 'upsert'))
  app.post('/contact/delete', { config: { emarsysSwitch: 'contact.delete' } }, async (request) =>
    remove(account, request),
  )
  app.post('/contact/merge', { config: { emarsysSwitch: 'contact.merge' } }, async (request) => merge(account, request))
}
