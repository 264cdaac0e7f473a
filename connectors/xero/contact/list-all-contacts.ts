import { Type } from 'typebox'
import { defineRead } from '../../kit/connector.ts'
import { PageSize } from '../read/list-settings.ts'
import { CONTACT_MONEY } from '../read/money-fields.ts'
import { countChanges, type Walk, walkChanges } from '../read/pages.ts'
import { contactFlaw } from '../read/shapes.ts'

const permissions = ['accounting.contacts.read']

/** Every contact that is not archived, each time anew: what became of them elsewhere is no change in Xero. */
export const listAllContacts = defineRead({
  name: 'list-all-contacts',
  title: 'List all contacts',
  summary: 'Reads all contacts that are not archived, in every run.',
  synonyms: ['customers', 'suppliers', 'everybody', 'full'],
  settings: Type.Object(
    {
      customersOnly: Type.Boolean({ title: 'Customers only', default: false }),
      pageSize: PageSize,
    },
    { additionalProperties: false },
  ),
  permissions,
  moneyFields: CONTACT_MONEY,
  incremental: false,
  flaw: contactFlaw,
  read: (context, from) => walkChanges(context, walkOf(context.settings), from),
  estimate: (context) => countChanges(context, walkOf(context.settings), undefined),
})

const walkOf = ({ customersOnly, pageSize }: { readonly customersOnly: boolean; readonly pageSize: number }) =>
  ({
    path: '/Contacts',
    list: 'Contacts',
    doing: 'list all contacts',
    permissions,
    idField: 'ContactID',
    pageSize,
    startAt: '',
    query: { where: customersOnly ? 'IsCustomer==true' : undefined },
  }) satisfies Walk
