import { Type } from 'typebox'
import { defineWrite } from '../../kit/connector.ts'
import { textOf } from '../../kit/fields.ts'
import { GUID } from '../read/by-id.ts'
import { getList } from '../client/client.ts'
import { invalid } from '../write/document-payload.ts'
import { anyText, isAskable } from '../read/filters.ts'
import { Text } from '../write/payload-fields.ts'
import { MOST_ELEMENTS, sendList } from '../write/writes.ts'

const permissions = ['accounting.contacts']

const TEXTS = {
  FirstName: Text('First name'),
  LastName: Text('Last name'),
  EmailAddress: Text('E-mail address'),
  AccountNumber: Text('Account number', 50),
  CompanyNumber: Text('Company number', 50),
  TaxNumber: Text('Tax number', 50),
  DefaultCurrency: Text('Currency', 3),
} as const

const Address = Type.Object(
  {
    AddressType: Type.Union([Type.Literal('STREET'), Type.Literal('POBOX')], { title: 'Kind' }),
    AttentionTo: Type.Optional(Text('Attention')),
    AddressLine1: Type.Optional(Text('Line 1', 500)),
    AddressLine2: Type.Optional(Text('Line 2', 500)),
    AddressLine3: Type.Optional(Text('Line 3', 500)),
    AddressLine4: Type.Optional(Text('Line 4', 500)),
    City: Type.Optional(Text('City')),
    Region: Type.Optional(Text('Region')),
    PostalCode: Type.Optional(Text('Postal code', 50)),
    Country: Type.Optional(Text('Country', 50)),
  },
  { additionalProperties: false },
)

const Phone = Type.Object(
  {
    PhoneType: Type.Union(
      ['DEFAULT', 'DDI', 'MOBILE', 'FAX'].map((kind) => Type.Literal(kind)),
      { title: 'Kind' },
    ),
    PhoneNumber: Type.Optional(Text('Number', 50)),
    PhoneAreaCode: Type.Optional(Text('Area code', 10)),
    PhoneCountryCode: Type.Optional(Text('Country code', 20)),
  },
  { additionalProperties: false },
)

/**
 * Xero finds a contact by ContactID or ContactNumber. AccountNumber and e-mail are fields like others to it (not unique,
 * not matched), so a contact cannot be known by them. Contact persons are left alone: those not sent would be deleted.
 */
export const upsertContacts = defineWrite({
  name: 'upsert-contacts',
  title: 'Create or update contacts',
  summary: 'Creates contacts or changes the fields that are given, known by contact number or id.',
  synonyms: ['customer', 'supplier', 'save contact', 'update e-mail'],
  settings: Type.Object(
    {
      keyField: Type.Union(
        [
          Type.Literal('ContactNumber', { title: 'Contact number: creates those that are missing' }),
          Type.Literal('ContactID', { title: 'Contact id: changes existing ones only' }),
        ],
        { title: 'A contact is known by', default: 'ContactNumber' },
      ),
    },
    { additionalProperties: false },
  ),
  permissions,
  effect: 'upsert',
  policies: ['once-per-key-and-content', 'every-time'],
  payload: Type.Object(
    {
      ContactID: Type.Optional(Text('Contact id')),
      ContactNumber: Type.Optional(Text('Contact number', 50)),
      Name: Type.Optional(Text('Name; unique among active contacts')),
      ...Object.fromEntries(Object.entries(TEXTS).map(([name, schema]) => [name, Type.Optional(schema)])),
      Addresses: Type.Optional(Type.Array(Address, { title: 'Addresses', maxItems: 2 })),
      Phones: Type.Optional(Type.Array(Phone, { title: 'Phones', maxItems: 4 })),
    },
    { additionalProperties: false, title: 'Contact' },
  ),
  maxBatch: MOST_ELEMENTS,
  prepare({ keyField }, payload) {
    const key = textOf(payload[keyField]).trim()
    if (key === '') throw invalid('contact', `it has no ${keyField}, by which it is known.`)
    if (keyField === 'ContactID' && !GUID.test(key)) throw invalid('contact', 'its ContactID is no id of Xero.')
    if (!isAskable(key)) throw invalid('contact', `its ${keyField} has quotes, backslashes or control characters.`)
    const name = payload.Name === undefined ? undefined : textOf(payload.Name).trim().replace(/\s+/g, ' ')
    if (keyField === 'ContactNumber' && !name) throw invalid('contact', 'it has no Name, which a new contact needs.')
    if (name !== undefined && /[<>]/.test(name)) throw invalid('contact', 'its Name has angle brackets.')
    // Empty text clears a field in Xero; what has no value is left out by the expression.
    return { ...payload, [keyField]: key, ...(name === undefined ? {} : { Name: name }) }
  },
  key: ({ keyField }, payload) => textOf(payload[keyField]).toLowerCase(),
  write: (context, items, call) =>
    sendList(context, {
      method: 'POST',
      path: '/Contacts',
      list: 'Contacts',
      elements: items.map(({ value }) => value),
      doing: 'create or update contacts',
      permissions,
      key: call.id,
    }),
  async probe(context, items) {
    const { keyField } = context.settings
    const keys = items.map(({ value }) => textOf(value[keyField]))
    const { records } = await getList(context, {
      path: '/Contacts',
      list: 'Contacts',
      doing: 'look for contacts',
      permissions,
      query: {
        ...(keyField === 'ContactID' ? { IDs: keys.join(',') } : { where: anyText(keyField, keys) }),
        includeArchived: true,
        page: 1,
        pageSize: MOST_ELEMENTS,
      },
    })
    const found = new Map(records.map((contact) => [textOf(contact[keyField]).toLowerCase(), contact]))
    return items.map(({ value }) => {
      const contact = found.get(textOf(value[keyField]).toLowerCase())
      if (!contact) return 'absent'
      // With other values it may have arrived and been changed since.
      const same = ['Name', ...Object.keys(TEXTS)].every(
        (name) => value[name] === undefined || textOf(value[name]) === textOf(contact[name]),
      )
      return same ? 'arrived' : 'unclear'
    })
  },
})
