import { randomUUID } from 'node:crypto'
import { type Prepared, ZERO_ID } from './batch.ts'
import { organisationDay } from './clock.ts'
import { field, listField, textField } from './input.ts'
import type { Contact, ContactDetails, Details } from './model.ts'
import type { Wire } from './wire.ts'
import { fullContact } from './wire-contacts.ts'
import type { World } from './world.ts'

const ARCHIVED =
  'The specified contact details matched an archived contact. Archived contacts cannot currently be edited via the API.'

/** Text fields of a contact with their greatest lengths. */
const TEXTS = [
  ['FirstName', 'firstName', 255],
  ['LastName', 'lastName', 255],
  ['EmailAddress', 'email', 255],
  ['ContactNumber', 'number', 50],
  ['AccountNumber', 'accountNumber', 50],
  ['TaxNumber', 'taxNumber', 50],
] as const

/**
 * Creates or changes a contact. `existing` was named by the path. A POST without an id finds its contact by
 * ContactNumber; by name alone it never does: the harsher reading of what Xero leaves open.
 */
export function prepareContact(world: World, element: Wire, method: string, existing?: Contact): Prepared {
  const { books } = world
  const errors: string[] = []
  const id = textField(element, 'ContactID')?.toLowerCase()
  const number = textField(element, 'ContactNumber')
  const byNumber = number ? books.contacts.ordered.find((contact) => contact.number === number) : undefined
  const target = existing ?? (id && id !== ZERO_ID ? books.contacts.get(id) : method === 'POST' ? byNumber : undefined)
  if (id && id !== ZERO_ID && !target) errors.push(`The contact with ContactID ${id} could not be found.`)
  if (method === 'PUT' && byNumber && !target)
    errors.push(`The contact number ${number} is already assigned to another contact.`)
  if (target?.status === 'ARCHIVED') errors.push(ARCHIVED)

  const name = textField(element, 'Name')
  if (!target && !name?.trim()) errors.push('The contact name must be specified.')
  if (name !== undefined) errors.push(...nameProblems(world, name, target))
  for (const [wireName, , longest] of TEXTS) {
    const text = textField(element, wireName)
    if (text !== undefined && text.length > longest) errors.push(`${wireName} is longer than ${longest} characters.`)
  }
  const email = textField(element, 'EmailAddress')
  if (email && !/^[\x21-\x7e]+@[\x21-\x7e]+\.[\x21-\x7e]+$/.test(email))
    errors.push(`Email address '${email}' is not valid.`)
  const status = textField(element, 'ContactStatus')
  if (status !== undefined && !['ACTIVE', 'ARCHIVED'].includes(status))
    errors.push(`ContactStatus '${status}' is not valid.`)
  if ((listField(element, 'ContactPersons')?.length ?? 0) > 5)
    errors.push('A contact can have at most 5 contact persons.')

  return {
    errors,
    echo: { ContactID: target?.id ?? ZERO_ID },
    commit: () => {
      const contact = target ?? createContact(world, name ?? '')
      changeContact(world, contact, element)
      return { id: contact.id, wire: fullContact(contact, organisationDay(world.clock.now())) }
    },
  }
}

function nameProblems(world: World, name: string, target: Contact | undefined): string[] {
  const errors: string[] = []
  if (name.length > 255) errors.push('The contact name is longer than 255 characters.')
  if (/[<>]/.test(name)) errors.push('The contact name cannot contain angle brackets.')
  const holder = world.books.activeNames.get(tidy(name).toLowerCase())
  if (holder && holder !== target) {
    errors.push(
      `The contact name ${name} is already assigned to another contact. The contact name must be unique across all active contacts.`,
    )
  }
  return errors
}

/** Outer and doubled spaces do not survive. */
const tidy = (name: string): string => name.trim().replace(/\s+/g, ' ')

export function createContact(world: World, name: string): Contact {
  const contact: Contact = {
    id: randomUUID(),
    updated: world.clock.now(),
    name: tidy(name),
    status: 'ACTIVE',
    firstName: '',
    lastName: '',
    email: '',
    number: '',
    accountNumber: '',
    taxNumber: '',
    details: {},
    createdByApi: true,
    documents: [],
  }
  world.books.contacts.insert(contact)
  world.books.activeNames.set(contact.name.toLowerCase(), contact)
  return contact
}

/** Fields left out stay; ContactPersons are replaced as a whole, addresses and phones slot by slot. */
export function changeContact(world: World, contact: Contact, element: Wire): void {
  const { activeNames, contacts } = world.books
  const name = textField(element, 'Name')
  if (name !== undefined && contact.status === 'ACTIVE') {
    activeNames.delete(contact.name.toLowerCase())
    contact.name = tidy(name)
    activeNames.set(contact.name.toLowerCase(), contact)
  }
  for (const [wireName, own] of TEXTS) {
    const text = textField(element, wireName)
    if (text !== undefined) contact[own] = text
  }
  contact.details = changedDetails(contact.details, element)
  if (textField(element, 'ContactStatus') === 'ARCHIVED') {
    contact.status = 'ARCHIVED'
    activeNames.delete(contact.name.toLowerCase())
  }
  contacts.touch(contact, world.clock.now())
}

function changedDetails(details: ContactDetails, element: Wire): ContactDetails {
  const texts = {
    website: textField(element, 'Website'),
    companyNumber: textField(element, 'CompanyNumber'),
    bankAccount: textField(element, 'BankAccountDetails'),
    defaultCurrency: textField(element, 'DefaultCurrency'),
  }
  const given = Object.fromEntries(Object.entries(texts).filter(([, value]) => value !== undefined))
  const addresses = listField(element, 'Addresses')
  const phones = listField(element, 'Phones')
  const persons = listField(element, 'ContactPersons')
  return {
    ...details,
    ...given,
    ...(addresses ? { addresses: merged(details.addresses, addresses, 'AddressType', ['STREET', 'POBOX']) } : {}),
    ...(phones ? { phones: merged(details.phones, phones, 'PhoneType', ['DEFAULT', 'DDI', 'FAX', 'MOBILE']) } : {}),
    ...(persons ? { persons: persons.map(flat) } : {}),
  }
}

function merged(
  old: readonly Details[] | undefined,
  given: readonly Wire[],
  key: string,
  slots: readonly string[],
): Details[] {
  const bySlot = new Map((old ?? []).map((details) => [String(details[key]), details]))
  for (const one of given) {
    const slot = textField(one, key) ?? ''
    if (slots.includes(slot)) bySlot.set(slot, { ...flat(one), [key]: slot })
  }
  return [...bySlot.values()]
}

function flat(given: Wire): Details {
  const kept: { [name: string]: string | boolean } = {}
  for (const [name, value] of Object.entries(given)) {
    if (typeof value === 'string' || typeof value === 'boolean') kept[name] = value
  }
  return kept
}

export type ContactChoice = {
  readonly errors: readonly string[]
  /** Makes, finds or changes the contact. */
  resolve(): Contact
  /** The contact when it exists already. */
  readonly known?: Contact
}

/**
 * The contact of a document: by id, by number, by the name of an active contact, or a new one under that name. More
 * than an id in it changes the contact, as in Xero.
 */
export function chooseContact(world: World, given: Wire | undefined): ContactChoice {
  const id = given ? textField(given, 'ContactID')?.toLowerCase() : undefined
  const number = given ? textField(given, 'ContactNumber') : undefined
  const name = given ? textField(given, 'Name') : undefined
  const nothing = (): Contact => {
    throw new Error('A refused contact was asked for.')
  }
  if (!given || !(id || number || name)) {
    return { errors: ['A Contact must be specified for this type of transaction'], resolve: nothing }
  }
  const known =
    (id ? world.books.contacts.get(id) : undefined) ??
    (!id && number ? world.books.contacts.ordered.find((contact) => contact.number === number) : undefined) ??
    (!id && name ? world.books.activeNames.get(tidy(name).toLowerCase()) : undefined)
  if (id && !known) return { errors: [`The contact with ContactID ${id} could not be found.`], resolve: nothing }
  if (known?.status === 'ARCHIVED') return { errors: [ARCHIVED], resolve: nothing }
  const more = Object.keys(given).some(
    (key) => !['contactid', 'contactnumber'].includes(key.toLowerCase()) && field(given, key) !== undefined,
  )
  if (known && !more) return { errors: [], known, resolve: () => known }
  const prepared = prepareContact(world, given, known ? 'POST' : 'PUT', known)
  return {
    errors: prepared.errors,
    ...(known ? { known } : {}),
    resolve: () => {
      const made = world.books.contacts.get(prepared.commit().id)
      return made ?? nothing()
    },
  }
}

/** Stands in a document until its contact has been found or made. */
export const NOBODY: Contact = {
  id: ZERO_ID,
  updated: 0,
  name: '',
  status: 'ACTIVE',
  firstName: '',
  lastName: '',
  email: '',
  number: '',
  accountNumber: '',
  taxNumber: '',
  details: {},
  createdByApi: false,
  documents: [],
}
