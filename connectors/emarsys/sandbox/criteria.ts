import type { Account } from './account.ts'
import { type Input, isRecord, textOf } from './contact-writes.ts'
import type { Contact } from './contacts.ts'
import { ApiFailure } from './envelope.ts'

/** Whether a contact belongs to a segment. */
export type Matches = (account: Account, contact: Contact) => boolean

const refused = (what: string) => new ApiFailure(400, 1008, `Validation error: ${what}`)

const OPERATORS: { readonly [operator: string]: (value: string, wanted: string) => boolean } = {
  equals: (value, wanted) => value === wanted,
  not_equals: (value, wanted) => value !== wanted,
  contains: (value, wanted) => value.includes(wanted),
  not_contains: (value, wanted) => !value.includes(wanted),
  starts_with: (value, wanted) => value.startsWith(wanted),
  ends_with: (value, wanted) => value.endsWith(wanted),
  empty: (value) => value === '',
  not_empty: (value) => value !== '',
}

const criterion = (account: Account, { field, operator, value }: Input, fields: string[]): Matches => {
  const id = textOf(field)
  const compare = Object.hasOwn(OPERATORS, textOf(operator)) ? OPERATORS[textOf(operator)] : undefined
  if (!account.fields.has(id)) throw refused('Criteria must point to a valid field.')
  if (compare === undefined) throw refused('Criteria should specify a valid operator.')
  if (value !== undefined && typeof value === 'object') throw refused('The criteria values should be scalar.')
  const wanted = textOf(value)
  fields.push(id)
  return (from, contact) => {
    const found = from.contacts.value(contact, id)
    return compare(typeof found === 'string' ? found : (found ?? []).join('|'), wanted)
  }
}

/**
 * What `contactCriteria` of a new segment says: one criterion, or several under `and` / `or`, to any depth. The numbers of
 * the fields they name are added to `fields`.
 */
export const readCriteria = (account: Account, given: unknown, fields: string[]): Matches => {
  if (!isRecord(given)) throw refused('The following required fields are missing: contactCriteria')
  if (given.type === 'criterion') return criterion(account, given, fields)
  if (given.type !== 'and' && given.type !== 'or')
    throw refused('You should specify the type as either a criterion or a logical operator.')
  if (!Array.isArray(given.children) || given.children.length === 0)
    throw refused('With logical operations you should specify children.')
  const children = given.children.map((child) => readCriteria(account, child, fields))
  return given.type === 'and'
    ? (from, contact) => children.every((matches) => matches(from, contact))
    : (from, contact) => children.some((matches) => matches(from, contact))
}
