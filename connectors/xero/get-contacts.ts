import { Type } from 'typebox'
import { defineLookup } from '../kit/connector.ts'
import { findByIds, MAX_IDS } from './by-id.ts'
import { CONTACT_MONEY } from './money-fields.ts'

const permissions = ['accounting.contacts.read']

export const getContacts = defineLookup({
  name: 'get-contacts',
  title: 'Get contacts by id',
  summary: 'Finds the full contact, with its e-mail address, that an invoice only names.',
  synonyms: ['customer of an invoice', 'look up contact', 'e-mail'],
  settings: Type.Object(
    {
      includeArchived: Type.Boolean({ title: 'Archived contacts too', default: true }),
    },
    { additionalProperties: false },
  ),
  permissions,
  moneyFields: CONTACT_MONEY,
  maxBatch: MAX_IDS,
  find: (context, keys) =>
    findByIds(context, keys, 'ContactID', (ids) => ({
      path: '/Contacts',
      list: 'Contacts',
      doing: 'get contacts',
      permissions,
      // With a page Xero gives all fields, without one the short set.
      query: {
        IDs: ids.join(','),
        includeArchived: context.settings.includeArchived || undefined,
        page: 1,
        pageSize: MAX_IDS,
      },
    })),
})
