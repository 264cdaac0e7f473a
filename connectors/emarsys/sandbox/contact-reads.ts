import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Account } from './account.ts'
import { bodyOf, keysOf, MOST_RECORDS } from './contact-routes.ts'
import { findOne, keyFieldOf, textOf } from './contact-writes.ts'
import type { Contact, FieldValue } from './contacts.ts'
import { addError, ApiFailure, type Errors, errorsPart, ok, type RecordFailure } from './envelope.ts'
import { plannedFailure } from './faults.ts'

/** What identifies a contact beside the numbered fields. */
const OF_EMARSYS = new Set(['id', 'uid', 'eid'])

type Row = { [field: string]: FieldValue | null }

const getData = (account: Account, request: FastifyRequest) => {
  const body = bodyOf(request)
  // Here the names are keyId and keyValues, unlike everywhere else.
  const keyField = keyFieldOf(account, body, 'keyId')
  const isLenient = account.quirks.keySpelling === 'both'
  const keys = keysOf(body.keyValues ?? (isLenient ? body.key_values : undefined), MOST_RECORDS, 2002)
  // Without a list of fields only the identifiers come back: accounts of real answers differ, so clients must list them.
  const fields = Array.isArray(body.fields) ? body.fields.map(textOf) : []
  for (const field of fields)
    if (!account.fields.has(field) && !OF_EMARSYS.has(field))
      throw new ApiFailure(400, 2014, `Invalid return field: ${field}`)
  const rows: Row[] = []
  const failures: { key: string; failure: RecordFailure }[] = []
  for (const [position, key] of keys.entries()) {
    const found = plannedFailure(request.fault, key, position) ?? findOne(account, keyField, key)
    if ('code' in found) failures.push({ key, failure: found })
    else rows.push(rowOf(account, found, fields))
  }
  const result = rows.length === 0 ? false : rows
  if (account.quirks.getdataErrors === 'list' && failures.length > 0) {
    const errors = failures.map(({ key, failure }) => ({ key, errorCode: failure.code, errorMsg: failure.text }))
    return ok({ errors, result })
  }
  const errors: Errors = {}
  for (const { key, failure } of failures) addError(errors, key, failure)
  return ok({ ...errorsPart(account.quirks, errors, 'array'), result })
}

export const rowOf = (account: Account, contact: Contact, fields: readonly string[]): Row => {
  const row: Row = {}
  for (const field of fields) row[field] = account.contacts.value(contact, field) ?? null
  row.id = String(contact.id)
  row.uid = contact.uid
  return row
}

const NOT_A_FILTER = new Set(['return', 'limit', 'offset', 'excludeempty'])

const query = (account: Account, parameters: URLSearchParams) => {
  const wanted = parameters.get('return') ?? '3'
  if (!account.fields.has(wanted) && !OF_EMARSYS.has(wanted))
    throw new ApiFailure(400, 2014, `Invalid return field: ${wanted}`)
  const limit = parameters.has('limit') ? Number(parameters.get('limit')) : 10_000
  if (!Number.isInteger(limit) || limit < 1 || limit > 10_000)
    throw new ApiFailure(400, 2016, 'Limit must be between 1 and 10000')
  const offset = Number(parameters.get('offset') ?? 0)
  const [filter] = [...parameters].filter(([name]) => !NOT_A_FILTER.has(name))
  if (filter !== undefined && !account.fields.has(filter[0]) && !account.contacts.isKey(filter[0]))
    throw new ApiFailure(400, 2006, `Invalid field id: ${filter[0]}`)
  if (filter !== undefined && !account.contacts.isKey(filter[0]))
    throw new ApiFailure(400, 2015, `Field is not indexed: ${filter[0]}`)
  const found = filter === undefined ? account.contacts.all() : account.contacts.find(filter[0], filter[1])
  const result: Row[] = []
  let passed = 0
  for (const contact of found) {
    const value = account.contacts.value(contact, wanted) ?? null
    if (parameters.get('excludeempty') === 'true' && value === null) continue
    if (passed++ < offset) continue
    result.push({ id: String(contact.id), [wanted]: value })
    if (result.length === limit) break
  }
  return ok({ ...errorsPart(account.quirks, {}, 'array'), result: result.length === 0 ? false : result })
}

const checkIds = (account: Account, request: FastifyRequest) => {
  const body = bodyOf(request)
  const keyField = keyFieldOf(account, body)
  const keys = keysOf(body.external_ids, MOST_RECORDS, 2002)
  const several = String(body.get_multiple_ids) === '1' || body.get_multiple_ids === true
  const ids: { [key: string]: string | string[] } = {}
  const errors: Errors = {}
  for (const [position, key] of keys.entries()) {
    const all = account.contacts.find(keyField, key)
    const planned = plannedFailure(request.fault, key, position)
    const found = planned ?? findOne(account, keyField, key)
    if (planned === undefined && several && all.length > 0) ids[key] = all.map((contact) => String(contact.id))
    else if ('code' in found) addError(errors, key, found)
    else ids[key] = String(found.id)
  }
  return ok({ ids, ...errorsPart(account.quirks, errors, 'array') })
}

/** Look-ups by key, by one indexed field, and the check whether keys exist. */
export const contactReadRoutes = (app: FastifyInstance, account: Account): void => {
  const list = { config: { emarsysSwitch: 'contact.list' } }
  app.post('/contact/getdata', { config: { emarsysSwitch: 'contact.getdata' } }, async (request) =>
    getData(account, request),
  )
  app.get('/contact/query', list, async (request) =>
    query(account, new URLSearchParams(request.url.split('?')[1] ?? '')),
  )
  // Older clients put the parameters into the path.
  app.get<{ Params: { '*': string } }>('/contact/query/*', list, async (request) => {
    const text =
      request.params['*'] === '' ? (request.url.split('?')[1] ?? '') : rawTail(request.url, '/contact/query/')
    return query(account, new URLSearchParams(text))
  })
  app.post('/contact/checkids', { config: { emarsysSwitch: 'contact.contactid.verify' } }, async (request) =>
    checkIds(account, request),
  )
}

/** What follows `marker` in the address, still encoded (the router has decoded its own parameters once already). */
export const rawTail = (url: string, marker: string): string => {
  const at = url.indexOf(marker)
  return at === -1 ? '' : url.slice(at + marker.length)
}
