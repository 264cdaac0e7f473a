import { Type } from 'typebox'
import { defineRead } from '../kit/connector.ts'
import { textOf } from '../kit/fields.ts'
import { ChangedSince, PageSize } from './list-settings.ts'
import { CONTACT_MONEY } from './money-fields.ts'
import { walkChanges } from './pages.ts'

const permissions = ['accounting.contacts.read']

export const listContacts = defineRead({
  name: 'list-contacts',
  title: 'List contacts',
  summary: 'Reads customers and suppliers in full, at first all of them, then those that changed.',
  synonyms: ['customers', 'suppliers', 'people'],
  settings: Type.Object(
    {
      includeArchived: Type.Boolean({
        title: 'Archived contacts too',
        description: 'Without them nobody learns that a contact was archived or merged.',
        default: true,
      }),
      customersOnly: Type.Boolean({
        title: 'Customers only',
        description:
          'Xero derives this from invoices and does not count it as a change: a contact that becomes a customer is seen at its next edit.',
        default: false,
      }),
      changedSince: ChangedSince,
      pageSize: PageSize,
    },
    { additionalProperties: false },
  ),
  permissions,
  moneyFields: CONTACT_MONEY,
  incremental: true,
  identify: (contact) => ({
    id: textOf(contact.ContactID),
    version: textOf(contact.UpdatedDateUTC),
    at: textOf(contact.UpdatedDateUTC),
  }),
  read: (context, from) =>
    walkChanges(
      context,
      {
        path: '/Contacts',
        list: 'Contacts',
        doing: 'list contacts',
        permissions,
        idField: 'ContactID',
        pageSize: context.settings.pageSize,
        startAt: context.settings.changedSince,
        query: {
          includeArchived: context.settings.includeArchived || undefined,
          where: context.settings.customersOnly ? 'IsCustomer==true' : undefined,
        },
      },
      from,
    ),
})
