import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Account } from './account.ts'
import { record } from './account.ts'
import { rawTail, rowOf } from './contact-reads.ts'
import { bodyOf, keysOf } from './contact-routes.ts'
import { findOne, keyFieldOf, textOf } from './contact-writes.ts'
import { addError, ApiFailure, type Errors, errorsPart, ok } from './envelope.ts'
import { plannedFailure } from './faults.ts'

export type ContactList = {
  readonly id: number
  name: string
  readonly created: number
  /** Numbers of contacts. */
  readonly members: Set<number>
}

const MOST_IDS = 10_000
const MOST_PER_PAGE = 100_000

/** `2026-11-02 09:14:11`; a live account says it in Vienna time. */
export const accountTime = (milliseconds: number): string =>
  new Date(milliseconds).toLocaleString('sv-SE', { timeZone: 'Europe/Vienna' })

type OfList = { Params: { id: string } }

const listOf = (account: Account, id: string): ContactList => {
  const list = account.lists.get(Number(id))
  if (list === undefined) throw new ApiFailure(400, 1008, `Contact list does not exist: ${id}`)
  return list
}

/** The contacts a call names, each once, and why others are missing. `allowNone`: the keys may be left out. */
const named = (account: Account, request: FastifyRequest, allowNone: boolean) => {
  const body = bodyOf(request)
  const keyField = keyFieldOf(account, body)
  const keys = allowNone && body.external_ids === undefined ? [] : keysOf(body.external_ids, MOST_IDS, 3002)
  const ids = new Set<number>()
  const errors: Errors = {}
  for (const [position, key] of keys.entries()) {
    const found = plannedFailure(request.fault, key, position) ?? findOne(account, keyField, key)
    if ('code' in found) addError(errors, key, found)
    else ids.add(found.id)
  }
  return { body, ids, errors: errorsPart(account.quirks, errors, 'array') }
}

const create = (account: Account, request: FastifyRequest) => {
  const { body, ids, errors } = named(account, request, true)
  const name = textOf(body.name)
  if (name === '') throw new ApiFailure(400, 3001, 'Contact list name is missing or invalid')
  const id = account.nextNumber++
  account.lists.set(id, { id, name, created: account.now(), members: ids })
  record(account, 'list.create', id, { name, contacts: [...ids] })
  return ok({ id, ...errors })
}

const change = (account: Account, request: FastifyRequest<OfList>, kind: 'add' | 'delete' | 'replace') => {
  const list = listOf(account, request.params.id)
  const { ids, errors } = named(account, request, false)
  const before = list.members.size
  if (kind === 'replace') list.members.clear()
  for (const id of ids) {
    if (kind === 'delete') list.members.delete(id)
    else list.members.add(id)
  }
  record(account, `list.${kind}`, list.id, { contacts: [...ids] })
  if (kind === 'delete') return ok({ deleted_contacts: before - list.members.size, ...errors })
  return ok({ inserted_contacts: kind === 'add' ? list.members.size - before : list.members.size, ...errors })
}

/** Members from `$skiptoken` on. Without an envelope, unlike every other call. */
const memberPage = (list: ContactList, query: URLSearchParams) => {
  const top = Math.min(MOST_PER_PAGE, Math.max(1, Number(query.get('$top') ?? 10_000) || 10_000))
  const from = Number(query.get('$skiptoken') ?? 0) || 0
  const sorted = [...list.members].sort((a, b) => a - b)
  const value = sorted.filter((id) => id > from).slice(0, top)
  const last = value.at(-1)
  const more = last !== undefined && last !== sorted.at(-1)
  return { value, next: more ? `/contactlist/${list.id}/contactIds?$skiptoken=${last}&$top=${top}` : null }
}

const olderPage = (account: Account, list: ContactList, query: URLSearchParams) => {
  const offset = Number(query.get('offset') ?? 0) || 0
  const limit = Number(query.get('limit') ?? 10_000) || 10_000
  const ids = [...list.members].sort((a, b) => a - b).slice(offset, offset + limit)
  return ok(ids.map((id) => ({ id: String(id), uid: account.contacts.byId(id)?.uid ?? '' })))
}

/** The older page with fields: `fields` names them, with commas. */
const olderData = (account: Account, list: ContactList, query: URLSearchParams) => {
  const offset = Number(query.get('offset') ?? 0) || 0
  const limit = Number(query.get('limit') ?? 10_000) || 10_000
  const fields = (query.get('fields') ?? '').split(',').filter((field) => field !== '')
  const unknown = fields.filter((field) => !account.fields.has(field))
  if (unknown.length > 0) throw new ApiFailure(400, 2014, `Invalid return field: ${unknown.join(', ')}`)
  const ids = [...list.members].sort((a, b) => a - b).slice(offset, offset + limit)
  const contacts = ids.map((id) => account.contacts.byId(id)).filter((contact) => contact !== undefined)
  return ok({
    ...errorsPart(account.quirks, {}, 'array'),
    result: contacts.map((contact) => rowOf(account, contact, fields)),
  })
}

/** Contact lists and their members. */
export const listRoutes = (app: FastifyInstance, account: Account): void => {
  const needs = (permission: string) => ({ config: { emarsysSwitch: `contactlist.${permission}` } })
  app.get('/contactlist', needs('list'), async () =>
    ok(
      [...account.lists.values()].map(({ id, name, created }) => ({
        id: String(id),
        name,
        created: accountTime(created),
        type: 0,
      })),
    ),
  )
  app.post('/contactlist', needs('create'), async (request) => create(account, request))
  app.post<OfList>('/contactlist/:id/add', needs('contact.add'), async (request) => change(account, request, 'add'))
  app.post<OfList>('/contactlist/:id/delete', needs('contact.delete'), async (request) =>
    change(account, request, 'delete'),
  )
  app.post<OfList>('/contactlist/:id/replace', needs('replace'), async (request) => change(account, request, 'replace'))
  app.post<OfList>('/contactlist/:id/rename', needs('rename'), async (request) => {
    const list = listOf(account, request.params.id)
    const name = textOf(bodyOf(request).name)
    if (name === '') throw new ApiFailure(400, 3001, 'Contact list name is missing or invalid')
    list.name = name
    record(account, 'list.rename', list.id, { name })
    return ok({})
  })
  app.post<OfList>('/contactlist/:id/deletelist', needs('delete'), async (request) => {
    const list = listOf(account, request.params.id)
    account.lists.delete(list.id)
    record(account, 'list.drop', list.id)
    return ok({})
  })
  app.get<OfList>('/contactlist/:id/count', needs('contact.count'), async (request) =>
    ok(listOf(account, request.params.id).members.size),
  )
  app.get<OfList>('/contactlist/:id/contactIds', needs('contact.ids'), async (request) =>
    memberPage(listOf(account, request.params.id), new URLSearchParams(request.url.split('?')[1] ?? '')),
  )
  // Deprecated since the end of 2024, but clients still call it, with parameters as a query or in the path.
  app.get<OfList>('/contactlist/:id/contacts', needs('contact.ids'), async (request) =>
    olderPage(account, listOf(account, request.params.id), new URLSearchParams(request.url.split('?')[1] ?? '')),
  )
  app.get<OfList>('/contactlist/:id/contacts/data', needs('contact.ids'), async (request) =>
    olderData(account, listOf(account, request.params.id), new URLSearchParams(request.url.split('?')[1] ?? '')),
  )
  app.get<OfList>('/contactlist/:id/contacts/data/*', needs('contact.ids'), async (request) => {
    const tail = rawTail(request.url, '/contacts/data/').replace(/^\?/, '')
    return olderData(account, listOf(account, request.params.id), new URLSearchParams(tail))
  })
  app.get<OfList>('/contactlist/:id/contacts/*', needs('contact.ids'), async (request) => {
    const tail = rawTail(request.url, '/contacts/').replace(/^\?/, '')
    return olderPage(account, listOf(account, request.params.id), new URLSearchParams(tail))
  })
}
