import type { Account } from './account.ts'
import { record } from './account.ts'
import type { Contact, FieldValue } from './contacts.ts'
import { ApiFailure, type RecordFailure } from './envelope.ts'
import { readValue } from './fields.ts'

export type Mode = 'create' | 'update' | 'upsert'
export type Written = { readonly contact: Contact; readonly existed: boolean }
export type Input = { readonly [field: string]: unknown }

export const isRecord = (value: unknown): value is Input =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A key or id as text; numbers and texts mean the same on the wire. */
export const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''

/** The key field a call names, e-mail when it names none. getdata spells it keyId, all others key_id. */
export const keyFieldOf = (account: Account, body: Input, usual: 'key_id' | 'keyId' = 'key_id'): string => {
  const other = usual === 'keyId' ? 'key_id' : 'keyId'
  const given = body[usual] ?? (account.quirks.keySpelling === 'both' ? body[other] : undefined)
  const key = given === undefined || given === null || given === '' ? '3' : textOf(given)
  if (!account.contacts.isKey(key)) throw new ApiFailure(400, 2004, `Invalid key field id: ${textOf(given)}`)
  return key
}

const notFound = (keyField: string): RecordFailure => ({
  code: 2008,
  text: `No contact found with the external id: ${keyField}`,
})

/** The one contact with this key, or why there is none. */
export const findOne = (account: Account, keyField: string, key: string): Contact | RecordFailure => {
  if (key === '') return { code: 2005, text: `No value provided for key field: ${keyField}` }
  const found = account.contacts.find(keyField, key)
  const [first] = found
  if (first === undefined) return notFound(keyField)
  if (found.length > 1) return { code: 2010, text: `More contacts found with the external id: ${keyField}` }
  return first
}

/** Members of a contact object that are not fields. */
const EXTRAS = new Set(['key_id', 'keyId', 'source_id', 'contact_list_id', 'contacts'])

type Values = { readonly fields: readonly string[]; readonly values: readonly (FieldValue | undefined)[] }

const readFields = (account: Account, keyField: string, input: Input): Values | RecordFailure => {
  const fields: string[] = []
  const values: (FieldValue | undefined)[] = []
  for (const name of Object.keys(input)) {
    if (EXTRAS.has(name)) continue
    if (name === 'id' || name === 'uid') {
      if (name === keyField) continue
      return { code: 2007, text: `Invalid data for field id: ${name}` }
    }
    // The external id that belongs to Emarsys: a key, and never changed.
    if (name === 'eid') {
      if (name !== keyField) return { code: 2007, text: `Invalid data for field id: ${name}` }
      fields.push(name)
      values.push(textOf(input[name]))
      continue
    }
    const field = account.fields.get(name)
    if (field === undefined) return { code: 2006, text: `Invalid field id: ${name}` }
    const read = readValue(field, input[name])
    if ('code' in read) return read
    fields.push(name)
    values.push(read.value)
  }
  const shape = fields.join()
  const known = account.shapes.get(shape)
  if (known !== undefined) return { fields: known, values }
  account.shapes.set(shape, fields)
  return { fields, values }
}

/** Writes one contact, or says why not; nothing is applied then. Exactly the fields sent are touched. */
export const writeContact = (
  account: Account,
  mode: Mode,
  keyField: string,
  input: unknown,
): Written | RecordFailure => {
  if (!isRecord(input)) return { code: 2005, text: `No value provided for key field: ${keyField}` }
  const source = input.source_id
  if (source !== undefined && !account.sources.has(Number(source)))
    return { code: 2013, text: `Invalid source id: ${textOf(source)}` }
  const found = findOne(account, keyField, textOf(input[keyField]))
  if ('code' in found && (found.code !== 2008 || mode === 'update')) return found
  const existed = 'values' in found
  if (existed && mode === 'create')
    return { code: 2009, text: `Contact with the external id already exists: ${keyField}` }
  if (!existed && (keyField === 'id' || keyField === 'uid'))
    return { code: 2004, text: `Invalid key field id: ${keyField}` }
  const read = readFields(account, keyField, input)
  if ('code' in read) return read

  const contact = existed ? found : account.contacts.add()
  let cleared: string[] | undefined
  for (const [at, field] of read.fields.entries()) {
    const value = read.values[at]
    if (value === undefined && account.contacts.value(contact, field) !== undefined) {
      cleared ??= []
      cleared.push(field)
    }
    account.contacts.set(contact, field, value)
  }
  record(account, existed ? 'contact.update' : 'contact.create', contact.id, cleared ? { ...read, cleared } : read)
  return { contact, existed }
}

export const deleteContact = (account: Account, contact: Contact): void => {
  for (const list of account.lists.values()) list.members.delete(contact.id)
  account.contacts.delete(contact)
  record(account, 'contact.delete', contact.id)
}
